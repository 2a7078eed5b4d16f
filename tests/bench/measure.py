"""What all measurements share: programs that are run, the CPU time that they take, and the lines
that are printed."""
import resource
import statistics
import subprocess
import sys
import tempfile


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(*command, expect=(0,)):
    """Standard output and error, and the CPU-seconds that it took."""
    before = cpu_seconds()
    with tempfile.TemporaryFile('w+') as output:
        code = subprocess.run(command, check=False, stdout=output, stderr=output,
                              stdin=subprocess.DEVNULL).returncode
        output.seek(0)
        text = output.read()
    if expect and code not in expect:
        sys.exit(f'{" ".join(command)}: status {code}\n{text[-2000:]}')
    return text, cpu_seconds() - before


def median(times, function):
    return statistics.median(function() for _ in range(times))


def line(what, value, unit):
    print(f'{what:58} {value:>12} {unit}', flush=True)
