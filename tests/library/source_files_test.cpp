#include "pantomime/library/source_files.h"

#include <gtest/gtest.h>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/library/motion_reader.h"
#include "tests/support/support.h"

namespace pantomime::library {
namespace {

namespace fs = std::filesystem;

SetDescription described(const std::string& name, const std::string& index) {
  SetDescription set;
  set.name = name;
  set.index = index;
  return set;
}

/// "set @ folder: container container" lines, relative to `root`.
std::string found(const fs::path& root, const std::vector<fs::path>& inputs,
                  const std::vector<SetDescription>& known = {described("gym", "index.csv")}) {
  std::string text;
  for (const FoundSet& set : find_sets(inputs, known, described("own", ""))) {
    text += set.description.name + " @ " + set.folder.lexically_relative(root).string() + ":";
    for (const fs::path& container : set.containers)
      text += " " + container.lexically_relative(root).string();
    text += "\n";
  }
  return text;
}

void write(const fs::path& path, const std::string& text = "x") {
  fs::create_directories(path.parent_path());
  write_file(path, text);
}

TEST(SourceFiles, RecogniseASetByItsNameAndIndexWhereverItLies) {
  const test::TemporaryFolder root;
  write(root / "data/gym/index.csv");
  write(root / "data/gym/b.tar.zst");
  write(root / "data/gym/a/1.BVH");
  write(root / "data/gym/notes.txt");
  const std::string expected = "gym @ data/gym: data/gym/a/1.BVH data/gym/b.tar.zst\n";
  EXPECT_EQ(found(root.path(), {root / "data"}), expected);
  EXPECT_EQ(found(root.path(), {root / "data/gym"}), expected);
  EXPECT_EQ(found(root.path(), {root / "data/gym/"}), expected);
  EXPECT_EQ(found(root.path(), {root / "data/gym", root / "data"}), expected);
  EXPECT_EQ(found(root.path(), {root / "data/gym/a"}), "gym @ data/gym: data/gym/a/1.BVH\n");
  EXPECT_EQ(found(root.path(), {root / "data/gym/b.tar.zst"}),
            "gym @ data/gym: data/gym/b.tar.zst\n");
}

TEST(SourceFiles, GiveMotionOfNoKnownSetToTheFallback) {
  const test::TemporaryFolder root;
  write(root / "gym/a.bvh");  // the name alone is not enough
  write(root / "other/b.bvh");
  EXPECT_EQ(found(root.path(), {root.path()}), "own @ .: gym/a.bvh other/b.bvh\n");
  EXPECT_EQ(found(root.path(), {root / "other/b.bvh"}), "own @ other: other/b.bvh\n");
}

TEST(SourceFiles, ReadADescriptionBesideTheData) {
  const test::TemporaryFolder root;
  write(root / "mine/pantomime-set.toml", "name = \"me\"\nlicence = \"l\"\nsource = \"s\"\n");
  write(root / "mine/a.bvh");
  EXPECT_EQ(found(root.path(), {root.path()}), "me @ mine: mine/a.bvh\n");
  write(root / "mine/pantomime-set.toml", "name = 3\n");
  EXPECT_THROW(found(root.path(), {root.path()}), Error);
}

TEST(SourceFiles, DoNotFollowLinksToFolders) {
  const test::TemporaryFolder root;
  write(root / "a/1.bvh");
  fs::create_directory_symlink(root.path(), root / "a/up");
  EXPECT_EQ(found(root.path(), {root / "a"}), "own @ a: a/1.bvh\n");
}

TEST(SourceFiles, RefuseInputsThatAreNotThereOrNotMotion) {
  const test::TemporaryFolder root;
  write(root / "a.txt");
  EXPECT_THROW(found(root.path(), {root / "none"}), Error);
  EXPECT_THROW(found(root.path(), {root / "a.txt"}), Error);
}

TEST(SourceFiles, AreReadWithTheirPathInTheSet) {
  const test::TemporaryFolder root;
  write(root / "set/x/1.bvh", "content");
  std::vector<SourceFile> files;
  read_source_files(root / "set/x/1.bvh", root / "set", [&](SourceFile&& file) {
    files.push_back(std::move(file));
    return true;
  });
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].path, "x/1.bvh");
  EXPECT_EQ(files[0].where, (root / "set/x/1.bvh").string());
  EXPECT_EQ(files[0].bytes, "content");
  EXPECT_EQ(count_source_files(root / "set/x/1.bvh"), 1);
}

TEST(SourceFiles, OfTheSharedDataAreAllFound) {
  const fs::path shared = test::shared_folder();
  if (shared.empty()) GTEST_SKIP() << "the team's data is not beside this checkout";
  const auto known = read_set_descriptions(resource_path("configs/sets"));
  std::map<std::string, int64_t> files;
  for (const FoundSet& set : find_sets({shared / "data"}, known, described("own", "")))
    for (const fs::path& container : set.containers)
      files[set.description.name] += count_motions(set, container);
  files.erase("own");  // other data sets, which hold no motion
  EXPECT_EQ(files, (std::map<std::string, int64_t>{{"bandai_namco", 2791},
                                                   {"cc0_library", 111},
                                                   {"cmu_extra", 25},
                                                   {"cmu_mocap", 236},
                                                   {"deepmimic", 23},
                                                   {"hdm05", 233},
                                                   {"msr_action3d", 567},
                                                   {"reactidle", 18},
                                                   {"ui_prmd", 3180},
                                                   {"upfall_skeleton", 60},
                                                   {"utd_mhad", 861},
                                                   {"utkinect", 199}}));
}

}  // namespace
}  // namespace pantomime::library
