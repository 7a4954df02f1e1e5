#!/usr/bin/env python3
"""The checker of the house rules finds each kind of breach, and only those."""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import check_layers  # noqa: E402

CMAKE = """
pantomime_room(base       LINKS fmt::fmt)
pantomime_room(motion     LINKS base)
pantomime_room(formats    LINKS motion
                                ZLIB::ZLIB)
pantomime_room(render     LINKS motion)
if(PANTOMIME_TORCH)
  pantomime_room(features LINKS motion)
  pantomime_room(commands LINKS features formats render)
endif()
"""


class CheckLayers(unittest.TestCase):
    def findings(self, **files):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            (root / "CMakeLists.txt").write_text(CMAKE)
            for key, text in files.items():
                path = root / "pantomime" / key.replace("__", "/").replace("_h", ".h").replace(
                    "_cpp", ".cpp")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return check_layers.check(root)

    def assert_one(self, finding, **files):
        found = self.findings(**files)
        self.assertEqual(len(found), 1, found)
        self.assertIn(finding, found[0])

    def test_good_rooms_pass(self):
        self.assertEqual([], self.findings(
            base__a_h='#pragma once\n',
            formats__b_cpp='#include "pantomime/base/a.h"\n#include "pantomime/motion/c.h"\n'
                           '// std::cout would be wrong here, and so would exit(1)\n'
                           'const char* s = "abort() printf(";\nint n = std::snprintf(b, 9, "");\n',
            features__d_h='#include <torch/types.h>\n',
            features__d_cpp='#include <torch/torch.h>\nauto g = generator.set_current_seed(1);\n',
            commands__e_cpp='#include "pantomime/render/x.h"\nstd::printf("hello");\n'))

    def test_order_of_rooms(self):
        self.assert_one("a.h:2: base includes motion, which is below it",
                        base__a_h='\n#include "pantomime/motion/b.h"\n')
        self.assert_one("a.h:1: render includes formats, which it doesn't link",
                        render__a_h='#include "pantomime/formats/b.h"\n')
        self.assert_one("includes kitchen, which is no room",
                        base__a_h='#include "pantomime/kitchen/b.h"\n')
        self.assert_one("kitchen is no room", kitchen__a_h="\n")

    def test_torch(self):
        self.assert_one("formats includes libtorch", formats__a_cpp='#include <ATen/ATen.h>\n')
        self.assert_one("torch/torch.h in a header", features__a_h='#include <torch/torch.h>\n')

    def test_silence(self):
        for line in ("std::cerr << 1;", "std::printf(\"\");", "printf(\"\");", "fprintf(stderr, \"\");",
                     "std::exit(1);", "abort();", "torch::manual_seed(1);", "std::random_device d;",
                     "auto t = std::chrono::system_clock::now();", "time(nullptr);"):
            self.assert_one("outside commands/", motion__a_cpp=line + "\n")

    def test_length(self):
        self.assertEqual([], self.findings(base__a_h="\n" * 600))
        self.assert_one("601 lines", base__a_h="\n" * 601)


if __name__ == "__main__":
    unittest.main()
