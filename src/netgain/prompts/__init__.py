"""Problem -> Prompt. Training and evaluation, base and tuned, all ask through here.

`asking` chooses a style and its shots, `styles` make the messages or the text, `shots` are the
worked examples, `lm_eval` is what lm-eval's GSM8K tasks do.
"""

from netgain.prompts.asking import as_answer, completion_text, plain_prompter, prompter, stop_texts
from netgain.prompts.styles import chat_prompt, text_prompt
