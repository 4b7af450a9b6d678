"""What ran where: versions and hardware, read without importing anything heavy."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import psutil

PACKAGES = (
    "netgain", "torch", "transformers", "peft", "tokenizers",
    "safetensors", "numpy", "scipy", "pyarrow", "openvino", "openvino-genai", "vllm",
)  # fmt: skip
CGROUPS, OWN_CGROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that can change a result; absent ones left out."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def hardware() -> dict[str, str]:
    """Processor, cores, memory, operating system and, where there are any, GPUs."""
    found = {
        "processor": _processor(),
        "cores": str(cores()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()} ({platform.machine()})",
    }
    if gpus():
        found["gpu"] = ", ".join(gpus())
    return found


def cores() -> int:
    """Cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


@cache
def gpus() -> tuple[str, ...]:
    """Names of NVIDIA GPUs, asked of nvidia-smi; empty where there is none."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    try:
        asked = subprocess.run(
            [tool, "--query-gpu=name", "--format=csv,noheader"],
            capture_output=True, text=True, timeout=20, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in asked.stdout.splitlines() if line.strip())


def has_bf16_cpu() -> bool:
    """Whether the processor computes in bf16 (x86 flags; elsewhere unknown, so no)."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def memory_limit() -> float:
    """Bytes that this process may take before the system ends it.

    The machine's memory, or less where the process's own control group (version 2 or 1), or one
    above it, has a limit.
    """
    limits = [float(psutil.virtual_memory().total)]
    for kinds, own in _own_groups():
        root = CGROUPS / "memory" if kinds else CGROUPS
        name = "memory.limit_in_bytes" if kinds else "memory.max"
        for group in (own, *own.parents):
            try:
                limits.append(float((root / group / name).read_text()))
            except (OSError, ValueError):  # no such file, or "max"
                continue
    return min(limits)


def peak_memory() -> int:
    """The most bytes that this process has had in memory so far; 0 where the system does not say.

    The kernel's own count for this program. What getrusage gives can be the parent's.
    """
    try:
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return 0


def memory_kills() -> int:
    """How often the system has ended a process for want of memory; 0 where it does not say.

    The machine's count, and those of the control groups (version 2 or 1) that this process is in:
    a sum that means nothing alone, and grows with every such end.
    """
    places = [Path("/proc/vmstat")]
    for kinds, path in _own_groups():
        root = CGROUPS / "memory" if kinds else CGROUPS
        places.append(root / path / ("memory.oom_control" if kinds else "memory.events"))
    found = 0
    for place in places:
        try:
            lines = place.read_text(encoding="utf-8").splitlines()
            found += sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
        except (OSError, ValueError, IndexError):
            continue
    return found


def boot_id() -> str:
    """What is the same until the machine starts anew; "" where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _own_groups() -> list[tuple[str, Path]]:
    """The control groups that limit this process's memory: (kinds, "" in version 2, and path)."""
    try:
        lines = OWN_CGROUP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, kinds, path = line.split(":", 2)
        if not kinds or "memory" in kinds.split(","):
            found.append((kinds, Path(path.lstrip("/"))))
    return found


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def command_line() -> str:
    """The command as it was typed, by its own name however it was started."""
    import shlex

    return shlex.join(["netgain", *sys.argv[1:]])
