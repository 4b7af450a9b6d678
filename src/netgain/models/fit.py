"""Whether a model's weights are those that its configuration asks for, before any is loaded.

transformers fills what is missing with random numbers, and leaves over what has no place, with a
warning at most. So it is asked to load the model without its weights (on torch's "meta" device),
and what it reports is refused.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from logging import CRITICAL
from pathlib import Path
from typing import Any

from netgain.errors import ModelError
from netgain.models.foreign_files import first_line
from netgain.models.tensor_files import Tensor, model_tensors, refuse_no_numbers
from netgain.wording import one_line

MOST_BUFFERS = 2**26  # values a model computes for itself, such as rotary frequencies
_sound: set[tuple[object, ...]] = set()


class _TooLarge(Exception):
    """A configuration asks for far more than there are weights."""


def check_weights(folder: Path) -> None:
    """Refuse a model whose weights are not whole, not its own, or no numbers.

    What passed once is not looked at again by this process while its files stay as they are.

    Raises:
        ModelError: naming the tensor.
    """
    stamp = folder_stamp(folder)
    if stamp in _sound:
        return
    tensors = model_tensors(folder)
    empty_model(folder, tensors)
    refuse_no_numbers(tensors)
    _sound.add(stamp)


def folder_stamp(folder: Path) -> tuple[object, ...]:
    """What changes when a file of the folder does."""
    files = sorted(p for p in folder.iterdir() if p.is_file())
    states = [(p.name, p.stat()) for p in files]
    return (folder, *((n, s.st_size, s.st_mtime_ns, s.st_ino) for n, s in states))


def empty_model(folder: Path, tensors: Mapping[str, Tensor] | None = None) -> Any:
    """The model without its weights, which are checked to be those it asks for.

    Raises:
        ModelError: they are not, or the configuration makes no model.
    """
    from transformers import AutoModelForCausalLM

    tensors = model_tensors(folder) if tensors is None else tensors
    loader: Any = AutoModelForCausalLM  # which returns a pair here, and is not typed so
    with no_load_report(), foreign(f"the model in {folder} cannot be loaded"):
        with _no_more_than(2 * len(tensors) + 1_000):
            model, report = loader.from_pretrained(
                str(folder), device_map="meta", output_loading_info=True, use_safetensors=True,
                trust_remote_code=False, local_files_only=True, ignore_mismatched_sizes=True,
            )  # fmt: skip
        if sum(b.numel() for b in model.buffers()) > MOST_BUFFERS:
            raise _TooLarge("its configuration asks for absurd sizes")
    refuse_report(folder, report)
    return model


def refuse_report(folder: Path, report: Mapping[str, Any]) -> None:
    """Refuse what transformers reports of loading a model: weights missing, left over, misshapen.

    Raises:
        ModelError: naming the tensor.
    """
    for kind, words in (
        ("missing_keys", "lacks the tensor {}, which its config.json asks for"),
        ("mismatched_keys", "has the tensor {} in another shape than its config.json asks for"),
        ("unexpected_keys", "has the tensor {}, for which its config.json has no place"),
    ):
        found = sorted(str(key[0] if isinstance(key, tuple) else key) for key in report[kind])
        if found:
            more = f" and {len(found) - 1:,} more" if len(found) > 1 else ""
            name = one_line(found[0])[:100] + more
            raise ModelError(f"the model in {folder} {words.format(name)}; fetch it again")
    if report.get("error_msgs"):
        raise ModelError(f"the model in {folder}: {one_line(str(report['error_msgs'][0]))[:200]}")


@contextmanager
def no_load_report() -> Iterator[None]:
    """No table of missing weights from transformers: what is in it is told as an error of ours.

    And no bars for the seconds that loading takes; downloads keep theirs.
    """
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    before = logging.get_verbosity()
    logging.set_verbosity(CRITICAL)
    try:
        yield
    finally:
        logging.set_verbosity(before)


@contextmanager
def foreign(what: str) -> Iterator[None]:
    """Whatever a library raises over a stranger's files is about these files: one line of it.

    Raises:
        ModelError: `what`, and what the library said.
    """
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{what}: {first_line(error)}") from error
    except BaseException as error:
        # A panic of a Rust library is none of Python's ordinary exceptions.
        if type(error).__name__ != "PanicException":
            raise
        raise ModelError(f"{what}: {first_line(error)}") from None


@contextmanager
def _no_more_than(most: int) -> Iterator[None]:
    """Stop building a model as soon as it has more parameters than its file could fill."""
    from torch.nn.modules.module import (
        register_module_module_registration_hook,
        register_module_parameter_registration_hook,
    )

    made = 0

    def count(*_: Any) -> None:
        nonlocal made
        made += 1
        if made > 20 * most:
            raise _TooLarge("its configuration asks for absurd sizes")

    hooks = [register_module_parameter_registration_hook(count),
             register_module_module_registration_hook(count)]  # fmt: skip
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
