"""What the tests of the real binary share: how it is run, in a folder of its own."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import people  # noqa: E402

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else None


# Without it the program starts itself a second time, and loading libtorch takes its time.
ENVIRONMENT = {**os.environ, "OMP_WAIT_POLICY": "passive"}


def pantomime(*arguments, cwd=None, environment=None):
    return subprocess.run([BINARY, *map(str, arguments)], cwd=cwd, capture_output=True, text=True,
                          timeout=1500, env=environment or ENVIRONMENT)  # with sanitizers much is slow


class TestInFolder(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def run_ok(self, *arguments):
        result = pantomime(*arguments, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def run_bad(self, code, *arguments):
        """The one line on stderr."""
        result = pantomime(*arguments, cwd=self.folder)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(result.stdout, "")
        return result.stderr.strip()

    def write_walks(self, *names):
        for name in names:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(people.walk())
