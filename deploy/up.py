"""From a fresh clone to a running bot or a whole check, with nothing but a Python.

    python3 deploy/up.py paper [ARGS]    the bot on paper: `bot run ARGS`
    python3 deploy/up.py test [ARGS]     the whole check: pytest ARGS, ruff, mypy

Makes `.venv` beside `pyproject.toml`, installs the wheels of `deploy/requirements.lock` (by hash,
never building anything), the project itself as it lies here, and compiles the kernels once. Later
runs find all that done and start at once. Standard library only, and without annotations, so that
even a Python far too old can read it and say what it needs.
"""

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "deploy" / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
STAMP = VENV / ".installed.json"
PYTHON = VENV / "bin" / "python"

OLDEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")
USAGE, UNREACHABLE, DISK, INTERRUPTED = 2, 6, 11, 130  # the bot's own exit codes

# What a failed installation says, and what that means. The first that matches wins: without a
# network pip ends with "No matching distribution", so the network is looked for before it.
CAUSES = (
    (
        ("No space left on device", "os error 28", "Disk quota exceeded"),
        ("disk", DISK, "a full disk", "about 700 MB of room", "free some space and run it again"),
    ),
    (
        (
            "NewConnectionError",
            "NameResolutionError",
            "Retry(total=",
            "Read timed out",
            "ProxyError",
            "Failed to fetch",
            "Network is unreachable",
            "dns error",
            "error sending request",
        ),
        (
            "unreachable",
            UNREACHABLE,
            "no answer from the package index",
            "a network for the first run",
            "connect, or point pip (index-url) or uv (UV_DEFAULT_INDEX) at a mirror",
        ),
    ),
    (
        ("DO NOT MATCH THE HASHES", "Hash mismatch"),
        (
            "data",
            3,
            "a wheel that differs from its hash",
            "the files that were locked",
            "do not install it: find out where it came from (`pip config list`, `pip cache purge`)",
        ),
    ),
    (
        ("No matching distribution", "No solution found", "no wheels", "no wheel"),
        (
            "usage",
            USAGE,
            "a package without a wheel for this machine",
            "CPython 3.11 to 3.14 on Linux or macOS arm64",
            "run it with one of those",
        ),
    ),
)


def main(arguments):
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("nothing", [])
    if verb not in ("paper", "test"):
        fix = f"write `python3 {sys.argv[0]} paper` or `python3 {sys.argv[0]} test`"
        fail("usage", USAGE, "deploy/up.py", verb, "paper or test", fix)
    require_python()
    prepare()
    return paper(rest) if verb == "paper" else check(rest)


def paper(arguments):
    """Become the bot, so that signals and the exit code are its own."""
    command = [str(VENV / "bin" / "bot"), "run", *arguments]
    sys.stdout.flush()
    os.execv(command[0], command)


def check(arguments):
    """Run every step, whatever the one before it said, and tell how each went."""
    steps = (
        ("ruff check", ["ruff", "check", "."]),
        ("ruff format", ["ruff", "format", "--check", "."]),
        ("mypy --strict", ["mypy", "--strict", "bot", "strategies"]),
        ("pytest", ["pytest", "-n", "2", "--dist", "loadfile", *arguments]),
    )
    outcomes = []
    for name, (tool, *rest) in steps:
        say(f"── {name}")
        begun = time.monotonic()
        code = subprocess.call([str(PYTHON), "-m", tool, *rest], cwd=str(ROOT))
        outcomes.append((name, code, time.monotonic() - begun))
    say("──")
    for name, code, seconds in outcomes:
        say(f"{name:<14} {seconds:6.1f} s  {verdict(name, code)}")
    return 0 if all(code == 0 for _, code, _ in outcomes) else 1


def verdict(name, code):
    if name == "pytest" and code == 5:
        return "FAILED (no test was run)"
    return "ok" if code == 0 else f"FAILED (exit {code})"


# ── what has to be there first ──


def require_python():
    if sys.version_info >= OLDEST and sys.implementation.name == "cpython" and os.name == "posix":
        return
    seen = f"{sys.implementation.name} {sys.version.split()[0]} on {sys.platform}"
    newer = next((path for path in map(shutil.which, NEWER) if path and starts(path)), None)
    fix = f"run it with {newer}" if newer else "install one and run this script with it"
    fail("usage", USAGE, sys.executable, seen, "CPython 3.11 or newer on Linux or macOS", fix)


def starts(python):
    """A name on PATH can be a launcher of something that is not installed."""
    return subprocess.call([python, "-c", ""], stderr=subprocess.DEVNULL) == 0


def prepare():
    """Bring `.venv` to what the lock and the project say; do nothing when it is there already."""
    wanted = {
        "python": sys.version.split()[0],
        "root": str(ROOT),  # an environment does not survive being moved
        "lock": digest(LOCK),
        "project": digest(PROJECT),
    }
    if read_stamp() == wanted:
        return
    import fcntl

    with LOCK.open() as turn:  # two terminals, one environment: the second waits and finds it made
        fcntl.flock(turn, fcntl.LOCK_EX)
        found = read_stamp()
        if found == wanted:
            return
        STAMP.unlink(missing_ok=True)  # until all is done again, nothing is
        if {**found, "project": wanted["project"]} != wanted:
            make_environment()
            install_wheels()
        install_project()
        compile_kernels()
        STAMP.write_text(json.dumps(wanted), encoding="utf-8")


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_stamp():
    """What the environment was made from; empty when it never was finished or lost its Python."""
    if not PYTHON.exists():
        return {}
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def make_environment():
    say(f"making {VENV}")
    if VENV.is_symlink() or VENV.is_file():
        fix = "move it away; this script makes a folder there"
        fail("usage", USAGE, str(VENV), "a file or a link", "a folder or nothing", fix)
    if VENV.exists():
        shutil.rmtree(VENV)  # an older or a half-made one
    if uv():
        run("venv", [uv(), "venv", "--python", sys.executable, str(VENV)])
        return
    try:
        import ensurepip  # noqa: F401 - Debian leaves it out of its python3
        import venv  # noqa: F401
    except ImportError as error:
        minor = f"python3.{sys.version_info[1]}-venv"
        fix = f"install it (Debian, Ubuntu: apt install {minor}), or put uv on PATH"
        fail("usage", USAGE, sys.executable, str(error), "a Python with venv and ensurepip", fix)
    run("venv", [sys.executable, "-m", "venv", str(VENV)])


def install_wheels():
    count = sum("==" in line for line in LOCK.read_text(encoding="utf-8").splitlines())
    say(f"installing {count} locked wheels (once; about half a minute when they are cached)")
    locked = ["--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)]
    if uv():
        run(
            "wheels",
            [uv(), "pip", "install", "--python", str(PYTHON), "--compile-bytecode", *locked],
        )
        return
    run("wheels", [*pip(), "install", "--no-compile", *locked])
    # pip compiles on one core; here all of them do.
    packages = [str(path) for path in VENV.glob("lib/python3*/site-packages")]
    subprocess.call([str(PYTHON), "-m", "compileall", "-qq", "-j", "0", *packages])


def install_project():
    say("installing the bot as it lies here")
    itself = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    if uv():
        run("project", [uv(), "pip", "install", "--python", str(PYTHON), *itself])
    else:
        run("project", [*pip(), "install", *itself])


def compile_kernels():
    if not (ROOT / "bot" / "kernel" / "warm.py").exists():
        return
    say("compiling the kernels (once)")
    run("kernels", [str(PYTHON), "-m", "bot.kernel.warm"])


def uv():
    return shutil.which("uv")


def pip():
    return [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]


# ── running and telling ──


def run(where, command):
    """Run one step of the installation; on failure say why and end. A line each 10 s, no more."""
    environment = dict(os.environ, UV_PYTHON_DOWNLOADS="never", PYTHONUNBUFFERED="1")
    begun = told = time.monotonic()
    lines = []
    with subprocess.Popen(
        command,
        cwd=str(ROOT),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout:
            lines.append(line.rstrip())
            if time.monotonic() - told >= 10:
                told = time.monotonic()
                say(f"  {told - begun:.0f} s: {lines[-1].strip()[:90]}")
    if process.returncode != 0:
        explain(where, lines, process.returncode)


def explain(where, lines, code):
    text = "\n".join(lines)
    for signs, (kind, exit_code, seen, expected, fix) in CAUSES:
        if any(sign in text for sign in signs):
            fail(kind, exit_code, f"deploy/up.py {where}", seen, expected, fix)
    print("\n".join(lines[-20:]), file=sys.stderr)
    fix = "the lines above say why; a second run starts from the beginning"
    fail("bug", 1, f"deploy/up.py {where}", f"exit code {code}", "0", fix)


def fail(kind, code, where, seen, expected, fix):
    print(f"error[{kind}] {where}: got {seen}, expected {expected}; {fix}", file=sys.stderr)
    sys.exit(code)


def say(line):
    print(line, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("interrupted; run it again to go on", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        fix = "free some space" if full else "see that the folder is yours and can be written"
        fail(
            "disk", DISK, str(error.filename or VENV), str(error.strerror), "a folder to write", fix
        )
