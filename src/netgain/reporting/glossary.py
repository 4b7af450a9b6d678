"""The words of a report for a reader who meets them for the first time."""

GLOSSARY: tuple[tuple[str, str], ...] = (
    ("Verdict", "What the test on the same problems allows to say: improved, worse, or no "
     "detectable change."),
    ("Base", "The model as it was before this training and any that it goes on from."),
    ("Start", "The model of another run, from whose weights this run's training began; without one "
     "it began at the base."),
    ("Tuned", "The base model with the adapter that this training made."),
    ("Adapter, LoRA", "A small set of new weights that is trained in place of the model's own and "
     "added to them (low-rank adaptation). Its rank says how large it is."),
    ("Accuracy", "The share of problems whose generated answer equals the known answer."),
    ("Generated answer", "Text that the model wrote by itself, word after word, as in use."),
    ("Greedy answer", "The answer that comes of always taking the likeliest next token; asking "
     "again gives the same one."),
    ("Token", "A piece of text as the model sees it: a word, a part of one, or a digit."),
    ("Teacher-forced", "Measured while a right solution (the data's, or with rejection sampling "
     "and distillation a model's right answer) is given to the model piece by piece and it guesses "
     "only the next one. It never has to go on from a mistake of its own, so these figures look "
     "better than its answers are."),
    ("Teacher-forced token accuracy", "The share of its tokens that the model guesses right "
     "in this way. It is not the share of problems solved."),
    ("Loss", "How surprised the model is by a right solution, on average over its tokens, in "
     "nats; lower is better, and 0 would be no surprise at all."),
    ("Training and validation loss", "The loss on problems it learns from, and on problems it does "
     "not learn from."),
    ("Step, epoch", "A step is one change of the weights after a batch of problems; an epoch is "
     "one pass over all training problems."),
    ("Overfitting", "Learning the training problems by heart: the training loss falls on while the "
     "validation loss rises."),
    ("Early stopping", "Ending the training when the validation loss no longer falls, and keeping "
     "the step where it was lowest (the best step)."),
    ("n", "How many problems, or other things, a figure rests on."),
    ("Percentage point", "The difference of two percentages: from 31% to 41% is 10 points."),
    ("Confidence interval (CI)", "The values that the data agree with. Of many such intervals, "
     "95 in 100 hold the true value; a narrow one says more."),
    ("p-value", "How often chance alone would give a difference at least this large if there were "
     "none. Small is evidence of a difference; large is not evidence of none."),
    ("Wilson interval", "A confidence interval of one share that stays between 0% and 100%, also "
     "where few or no answers are right."),
    ("McNemar's test", "Compares two models on the same problems by those that only one of them "
     "got right: if tuning changed nothing, a problem is as likely to be fixed as to be broken."),
    ("Detectable difference", "The smallest true difference that so many problems would have shown "
     "in 80 of 100 tries. A smaller one may exist and not be seen."),
    ("Holm, Benjamini–Hochberg", "Corrections for testing many things at once, where some "
     "differences would turn up by chance. Holm's is the stricter one."),
    ("Fixed, broken", "Wrong before tuning and right after it; right before and wrong after."),
    ("Format and skill", "A gain can come from writing the answer in the expected form, or from "
     "solving more problems. The two are told apart by grading in several ways."),
    ("Robust grader", "Reads an answer in any usual form. It decides the headline."),
    ("Strict grader", "Accepts an answer only in the form that the prompt asks for: in \\boxed{}, "
     "after “####” (lm-eval's strict-match), or after “The answer is”."),
    ("Flexible grader", "Takes the last number in the text (lm-eval's flexible-extract), wherever "
     "it stands."),
    ("Cut off", "The answer reached the limit of tokens before it came to its end. It may still "
    "hold the answer."),
    ("Truncated", "The kind of error of an answer that was cut off with nothing readable as an "
     "answer before that. Answers that reached the token limit with an answer in them are of "
     "other kinds, or right."),
    ("Looping", "The kind of error of an answer that repeats itself over and over."),
    ("Past the answer", "The kind of error of a text that held the right answer and then went on "
     "to another one."),
    ("First wrong step", "The first line of a wrong solution at which it goes wrong, as far as "
     "that can be told from the text."),
    ("maj@k", "Ask k times and take the most frequent answer: the share of problems right then."),
    ("pass@k", "The share of problems for which at least one of k answers is right. Nobody knows "
     "beforehand which, so it is a bound and no accuracy."),
    ("Choice by log-likelihood", "The model is not asked to write; of the given choices the one it "
     "finds likeliest counts as its answer."),
    ("Cohen's kappa", "How much more two judges agree than chance makes them: 0 is as often as "
     "chance, 1 is always."),
    ("De-quantised (Q4_1)", "The weights were stored in about 4 to 5 bits each (Q4_1 of GGUF) and "
     "expanded again. They differ a little from those that the model's makers published."),
    ("Contamination, overlap", "Test problems that also stand in the training problems: they would "
     "measure memory."),
    ("Projected", "Reckoned from this run's own speed or curves, and not measured."),
    ("Seed", "The number that fixes all random choices of a run. Another one gives another run."),
)  # fmt: skip
