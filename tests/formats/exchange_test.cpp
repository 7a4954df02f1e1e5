#include "pantomime/formats/exchange.h"

#include <gtest/gtest.h>

#include <cstring>
#include <sstream>

#include "box_character.h"
#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/png.h"
#include "support.h"

namespace pantomime::formats {
namespace {

using motion::Clip;
using motion::Quat;
using motion::Vec3;

Clip moving_boxes(size_t frames) {
  Clip clip = test::random_clip(5, frames);
  clip.skeleton = box_character().skeleton;
  return clip;
}

/// All vertices of a character in a frame.
std::vector<Vec3> skinned(const body::Character& person, const Clip& clip, size_t frame) {
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  std::vector<Vec3> all, one;
  for (const body::SkinnedMesh& mesh : person.meshes) {
    body::skin(person, mesh, pose, frame, one, nullptr);
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

using test::expect_near;

TEST(ObjSequence, HasTheSkinnedVerticesOfEveryFrame) {
  const body::Character person = box_character();
  const Clip clip = moving_boxes(3);
  const FileSet files = to_obj_sequence(person, clip, {.name = "walk"});
  EXPECT_EQ(files, to_obj_sequence(person, clip, {.name = "walk"}));
  EXPECT_EQ(files.size(), 3u + 1 + 2);
  for (size_t f = 0; f < 3; ++f) {
    std::istringstream text(files.at(fmt::format("walk_{:05}.obj", f)));
    const std::vector<Vec3> wanted = skinned(person, clip, f);
    size_t vertices = 0, faces = 0, largest = 0;
    std::string line;
    while (std::getline(text, line)) {
      std::istringstream words(line);
      std::string kind;
      words >> kind;
      if (kind == "v") {
        Vec3 v;
        words >> v.x >> v.y >> v.z;
        expect_near(v, wanted.at(vertices++), 1e-5f);
      } else if (kind == "f") {
        ++faces;
        std::string corner;
        while (words >> corner) largest = std::max(largest, std::stoul(corner));
      }
    }
    EXPECT_EQ(vertices, wanted.size());
    EXPECT_EQ(faces, person.meshes[0].triangles.size() + person.meshes[1].triangles.size());
    EXPECT_EQ(largest, vertices);
  }
  EXPECT_NE(files.at("walk.mtl").find("map_Kd textures/skin.png"), std::string::npos);
  EXPECT_NE(files.at("walk.mtl").find("map_d -imfchan m textures/hair.png"), std::string::npos);
  EXPECT_EQ(parse_png(files.at("textures/hair.png"), "hair").channels, 4);
  const test::TemporaryFolder folder;
  write_files(folder / "out", files);
  EXPECT_EQ(read_file(folder / "out/walk_00002.obj"), files.at("walk_00002.obj"));
}

TEST(ObjSequence, LeavesNothingWhenAFileCannotBeWritten) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "out/b.obj");  // a folder is in the way
  EXPECT_NE(test::error_of([&] {
              write_files(folder / "out", {{"a.obj", "1"}, {"b.obj", "2"}, {"t/c.png", "3"}});
            }),
            "no error");
  EXPECT_FALSE(std::filesystem::exists(folder / "out/a.obj"));
  EXPECT_FALSE(std::filesystem::exists(folder / "out/t/c.png"));
  // Textures lie where they are asked for.
  const FileSet files =
      to_obj_sequence(box_character(), moving_boxes(1), {.name = "x", .textures = "x_textures"});
  EXPECT_TRUE(files.contains("x_textures/skin.png"));
  EXPECT_NE(files.at("x.mtl").find("map_Kd x_textures/skin.png"), std::string::npos);
}

TEST(Pc2, MovesTheVerticesOfItsObj) {
  const body::Character person = box_character();
  const Clip clip = moving_boxes(4);
  const FileSet files = to_pc2(person, clip);
  const std::string& bytes = files.at("motion.pc2");
  const std::vector<Vec3> first = skinned(person, clip, 0);
  ASSERT_EQ(bytes.size(), 32 + 12 * 4 * first.size());
  EXPECT_EQ(bytes.substr(0, 12), std::string("POINTCACHE2\0", 12));
  int32_t numbers[2], samples;
  std::memcpy(numbers, &bytes[12], 8);
  std::memcpy(&samples, &bytes[28], 4);
  EXPECT_EQ(numbers[0], 1);
  EXPECT_EQ(static_cast<size_t>(numbers[1]), first.size());
  EXPECT_EQ(samples, 4);
  for (size_t f = 0; f < 4; ++f) {
    const std::vector<Vec3> wanted = skinned(person, clip, f);
    for (size_t v = 0; v < wanted.size(); ++v) {
      Vec3 got;
      std::memcpy(&got, &bytes[32 + 12 * (f * wanted.size() + v)], 12);
      expect_near(got, wanted[v], 1e-6f);
    }
  }
  size_t vertices = 0;
  std::istringstream text(files.at("motion.obj"));
  for (std::string line; std::getline(text, line);) vertices += line.starts_with("v ");
  EXPECT_EQ(vertices, first.size());
}

/// Numbers in the list that follows `key` in a USD text, from `from` on.
std::vector<double> numbers(const std::string& text, const std::string& key, size_t from = 0) {
  const size_t at = text.find(key, from);
  if (at == std::string::npos) throw Error("no " + key);
  const size_t open = text.find('[', text.find_first_of("=:", at + key.size() - 1));
  std::string inner = text.substr(open + 1, text.find(']', open) - open - 1);
  for (char& c : inner)
    if (c == '(' || c == ')' || c == ',') c = ' ';
  std::istringstream words(inner);
  std::vector<double> out;
  for (double value; words >> value;) out.push_back(value);
  return out;
}

struct Matrix {
  double m[4][4];
};
Matrix product(const Matrix& a, const Matrix& b) {
  Matrix out{};
  for (int r = 0; r < 4; ++r)
    for (int c = 0; c < 4; ++c)
      for (int k = 0; k < 4; ++k) out.m[r][c] += a.m[r][k] * b.m[k][c];
  return out;
}
/// Of a rotation with a translation, rows as vectors.
Matrix inverse(const Matrix& a) {
  Matrix out{};
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 3; ++c) out.m[r][c] = a.m[c][r];
  for (int c = 0; c < 3; ++c)
    for (int k = 0; k < 3; ++k) out.m[3][c] -= a.m[3][k] * a.m[c][k];
  out.m[3][3] = 1;
  return out;
}
Matrix from(const double* q, const double* p) {
  const double w = q[0], x = q[1], y = q[2], z = q[3];
  return {{{1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y), 0},
           {2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x), 0},
           {2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y), 0},
           {p[0], p[1], p[2], 1}}};
}

TEST(Usd, SkinnedAsItsTextSaysIsSkinnedAsOurs) {
  const body::Character person = box_character();
  const Clip clip = moving_boxes(3);
  const FileSet files = to_usd(person, clip, {.name = "walk"});
  EXPECT_EQ(files, to_usd(person, clip, {.name = "walk"}));
  const std::string& text = files.at("walk.usda");
  const std::vector<double> bind = numbers(text, "bindTransforms =");
  ASSERT_EQ(bind.size(), 22u * 16);
  for (size_t f = 0; f < 3; ++f) {
    const std::string sample = fmt::format("\n                {}:", f);
    const std::vector<double> turns = numbers(text, sample, text.find("rotations.timeSamples"));
    const std::vector<double> places = numbers(text, sample, text.find("translations.timeSamples"));
    ASSERT_EQ(turns.size(), 22u * 4);
    ASSERT_EQ(places.size(), 22u * 3);
    std::vector<Matrix> world(22), move(22);
    for (size_t j = 0; j < 22; ++j) {
      world[j] = from(&turns[4 * j], &places[3 * j]);
      const int parent = motion::kJointParents[j];
      if (parent >= 0) world[j] = product(world[j], world[static_cast<size_t>(parent)]);
      Matrix rest{};
      std::memcpy(rest.m, &bind[16 * j], sizeof(rest.m));
      move[j] = product(inverse(rest), world[j]);
    }
    const std::vector<Vec3> wanted = skinned(person, clip, f);
    size_t at = 0, from_here = 0;
    for (const body::SkinnedMesh& mesh : person.meshes) {
      from_here = text.find("def Mesh", from_here + 1);
      const std::vector<double> points = numbers(text, "points =", from_here),
                                joints = numbers(text, "jointIndices =", from_here),
                                weights = numbers(text, "jointWeights =", from_here);
      ASSERT_EQ(points.size(), 3 * mesh.positions.size());
      for (size_t v = 0; v < mesh.positions.size(); ++v) {
        double moved[3] = {};
        for (size_t i = 0; i < 4; ++i) {
          const Matrix& m = move[static_cast<size_t>(joints[4 * v + i])];
          for (int c = 0; c < 3; ++c)
            moved[c] +=
                weights[4 * v + i] * (points[3 * v] * m.m[0][c] + points[3 * v + 1] * m.m[1][c] +
                                      points[3 * v + 2] * m.m[2][c] + m.m[3][c]);
        }
        expect_near({static_cast<float>(moved[0]), static_cast<float>(moved[1]),
                     static_cast<float>(moved[2])},
                    wanted[at++], 1e-4f);
      }
    }
    EXPECT_EQ(at, wanted.size());
  }
}

TEST(Usd, IsWellFormedAndNamesAreItsOwn) {
  body::Character person = box_character();
  person.meshes[0].name = "2 left \"shoes\"";
  person.meshes[1].name = "2 left \"shoes\"";
  person.credits[0].author = "A \"B\" \\ C";
  const std::string text = to_usd(person, moving_boxes(2)).at("motion.usda");
  EXPECT_TRUE(text.starts_with("#usda 1.0\n"));
  EXPECT_NE(text.find("def Mesh \"_2_left__shoes_\""), std::string::npos);
  EXPECT_NE(text.find("def Mesh \"_2_left__shoes__2\""), std::string::npos);
  EXPECT_NE(text.find("A \\\"B\\\" \\\\ C"), std::string::npos);
  EXPECT_NE(text.find("asset inputs:file = @textures/skin.png@"), std::string::npos);
  EXPECT_NE(text.find("\"pelvis/left_hip/left_knee\""), std::string::npos);
  // Every bracket that is opened is closed by its own kind.
  std::string open;
  bool inside = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && text[i - 1] != '\\') inside = !inside;
    if (inside) continue;
    if (c == '(' || c == '[' || c == '{') open.push_back(c);
    if (c == ')' || c == ']' || c == '}') {
      ASSERT_FALSE(open.empty()) << i;
      EXPECT_EQ(open.back(), c == ')' ? '(' : c == ']' ? '[' : '{') << i;
      open.pop_back();
    }
  }
  EXPECT_TRUE(open.empty());
  EXPECT_FALSE(inside);
}

TEST(Usd, WritesSkeletonsAlone) {
  Clip clip = test::random_clip(3, 2);
  clip.skeleton.names[3] = "Spine 1";
  clip.moving_joints = {4};
  clip.translations = {{1, 2, 3}, {4, 5, 6}};
  const std::string text = to_usd(clip);
  EXPECT_NE(text.find("\"pelvis/Spine_1\""), std::string::npos);
  const std::vector<double> places =
      numbers(text, "\n                1:", text.find("translations.timeSamples"));
  EXPECT_EQ(places[3 * 4 + 1], 5);
}

TEST(Exchange, RefusesWhatDoesNotFit) {
  const body::Character person = box_character();
  const Clip clip = moving_boxes(2);
  Clip other = clip;
  other.skeleton.names[2] = "tail";
  EXPECT_THROW(to_usd(person, other), Error);
  EXPECT_THROW(to_pc2(person, other), Error);
  EXPECT_THROW(to_obj_sequence(person, clip, {.name = "../x"}), Error);
  EXPECT_THROW(to_usd(person, clip, {.max_texture = 1}), Error);
  body::Character broken = person;
  broken.meshes[0].triangles[0][1] = 1000000;
  EXPECT_THROW(to_usd(broken, clip), Error);
  broken = person;
  broken.meshes[1].uvs.pop_back();
  EXPECT_THROW(to_obj_sequence(broken, clip), Error);
}

}  // namespace
}  // namespace pantomime::formats
