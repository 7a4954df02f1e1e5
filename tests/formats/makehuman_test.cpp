#include "pantomime/formats/makehuman.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/body/morph.h"
#include "pantomime/body/person.h"
#include "pantomime/body/rig.h"
#include "pantomime/formats/makehuman_items.h"
#include "pantomime/formats/png.h"
#include "tests/support/support.h"

namespace pantomime::formats {
namespace {

namespace fs = std::filesystem;
using motion::Vec3;
using nlohmann::json;

constexpr size_t kPoints = 15200;      // the compiler names points up to 15111
constexpr size_t kBodyPoints = 13380;  // as in the real mesh

void put(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  write_file(path, bytes);
}

/// Bones that the compiler asks for, with head and tail in decimetres.
struct Bone {
  std::string name, parent;
  Vec3 head, tail;
};

std::vector<Bone> bones() {
  std::vector<Bone> out = {{"root", "", {0, 0.5f, -0.5f}, {0, 0.7f, 0}},
                           {"spine05", "root", {0, 0.7f, 0}, {0, 1.2f, 0}},
                           {"spine04", "spine05", {0, 1.2f, 0}, {0, 1.9f, 0}},
                           {"spine03", "spine04", {0, 1.9f, 0}, {0, 2.8f, 0}},
                           {"spine02", "spine03", {0, 2.8f, 0}, {0, 4.3f, 0}},
                           {"spine01", "spine02", {0, 4.3f, 0}, {0, 5.9f, 0}},
                           {"neck01", "spine01", {0, 5.9f, 0}, {0, 7, 0}},
                           {"head", "neck01", {0, 7, 0}, {0, 8.4f, 0}},
                           {"jaw", "head", {0, 6.9f, 0.6f}, {0, 6.2f, 1.2f}}};
  for (const auto& [side, x] : {std::pair(std::string(".L"), 1.f), {".R", -1.f}}) {
    auto add = [&, x = x](const std::string& name, const std::string& parent, Vec3 head,
                          Vec3 tail) {
      out.push_back(
          {name + side, parent, {x * head.x, head.y, head.z}, {x * tail.x, tail.y, tail.z}});
    };
    add("clavicle", "spine01", {0.3f, 5.2f, 0.7f}, {1.2f, 5.5f, 0.5f});
    add("upperarm01", "clavicle" + side, {1.7f, 5.2f, 0.1f}, {3.1f, 3.5f, 0.1f});
    add("lowerarm01", "upperarm01" + side, {3.1f, 3.5f, 0.1f}, {4.3f, 2.4f, 1.7f});
    add("wrist", "lowerarm01" + side, {4.3f, 2.4f, 1.7f}, {4.4f, 2.2f, 2});
    add("finger1-3", "wrist" + side, {4.3f, 2, 2.3f}, {4.2f, 1.9f, 2.5f});
    add("finger2-1", "wrist" + side, {4.5f, 1.9f, 2.5f}, {4.6f, 1.7f, 2.7f});
    add("finger3-1", "wrist" + side, {4.6f, 1.9f, 2.4f}, {4.7f, 1.7f, 2.7f});
    add("finger3-3", "wrist" + side, {4.8f, 1.5f, 2.9f}, {4.9f, 1.4f, 3});
    add("finger5-1", "wrist" + side, {4.8f, 1.8f, 2.2f}, {4.8f, 1.6f, 2.4f});
    add("upperleg01", "root", {1.1f, 0.5f, 0.1f}, {1.6f, -3.7f, 0.3f});
    add("lowerleg01", "upperleg01" + side, {1.6f, -3.7f, 0.3f}, {2.2f, -7.4f, 0});
    add("foot", "lowerleg01" + side, {2.2f, -7.4f, 0}, {2.2f, -8, 1});
    for (const char* toe : {"toe1-1", "toe2-1", "toe3-1", "toe4-1", "toe5-1"})
      add(toe, "foot" + side, {2.1f, -8, 1.3f}, {2.1f, -8, 1.6f});
  }
  return out;
}

/// Points in decimetres: first the ends of all bones (four around each), then shells along the
/// bones, the rest a spread of helpers.
struct TinyMesh {
  std::vector<Vec3> points;
  std::vector<int> bone;  ///< per point
  std::map<std::string, std::vector<uint32_t>> ends;
};

TinyMesh tiny_mesh() {
  TinyMesh out;
  const std::vector<Bone> all = bones();
  Random random(1);
  auto add = [&](Vec3 p, int bone) {
    out.points.push_back(p);
    out.bone.push_back(bone);
    return static_cast<uint32_t>(out.points.size() - 1);
  };
  for (size_t b = 0; b < all.size(); ++b)
    for (const bool head : {true, false}) {
      auto& ids = out.ends[all[b].name + (head ? "____head" : "____tail")];
      const Vec3 at = head ? all[b].head : all[b].tail;
      for (const Vec3 d : {Vec3{0.1f, 0, 0}, {-0.1f, 0, 0}, {0, 0, 0.1f}, {0, 0, -0.1f}})
        ids.push_back(add(at + d, static_cast<int>(b)));
    }
  while (out.points.size() < kPoints) {
    const size_t b = out.points.size() % all.size();
    const Vec3 axis = lerp(all[b].head, all[b].tail, static_cast<float>(random.uniform()));
    Vec3 d = test::random_vector(random, 0.5);
    if (out.points.size() % 50 == 0)
      d.x = -axis.x, d.z = 1 + std::abs(d.z);  // the middle line's front
    add(axis + d, static_cast<int>(b));
  }
  return out;
}

json model_of(const std::vector<Vec3>& points, const std::vector<uint32_t>& faces) {
  json xyz = json::array();
  for (const Vec3 p : points)
    for (const float v : {p.x, p.y, p.z})
      xyz.push_back(std::round(1e4 * static_cast<double>(v)) / 1e4);
  return {{"vertices", xyz},
          {"uvs", {{0.1, 0.1, 0.9, 0.1, 0.9, 0.9, 0.1, 0.9}}},
          {"faces", faces},
          {"materials", {{{"DbgName", "body"}}}}};
}

std::string png() {
  Image pixel(1, 1, 4);
  pixel.pixels = {200, 100, 50, 255};
  return to_png(pixel);
}

/// The whole package; files can be broken afterwards.
void write_package(const fs::path& folder) {
  const TinyMesh mesh = tiny_mesh();
  const std::vector<Bone> all = bones();
  json rig = {{"bones", json::object()}, {"joints", json::object()}};
  for (const Bone& b : all)
    rig["bones"][b.name] = {{"parent", b.parent.empty() ? json() : json(b.parent)}};
  for (const auto& [name, ids] : mesh.ends) rig["joints"][name] = ids;
  put(folder / "src/json/rigs/default.json", rig.dump());

  std::vector<uint32_t> faces;
  auto quad = [&](uint32_t first, uint32_t material) {
    faces.insert(faces.end(), {11, first, first + 1, first + 2, first + 3, material, 0, 1, 2, 3});
  };
  for (uint32_t p = 0; p + 4 <= kBodyPoints; p += 4) quad(p, 0);
  quad(kBodyPoints, 1);
  quad(kBodyPoints + 4, 2);
  json model = model_of(mesh.points, faces);
  model["materials"] = {
      {{"DbgName", "body"}}, {{"DbgName", "helper-l-eye"}}, {{"DbgName", "helper-r-eye"}}};
  model["bones"] = json::array();
  for (const Bone& b : all) model["bones"].push_back({{"name", b.name + "____head"}});
  std::vector<int> indices;
  std::vector<float> weights;
  for (const int b : mesh.bone) {
    indices.insert(indices.end(), {b, 0, 0, 0});
    weights.insert(weights.end(), {0.75f, 0.25f, 0, 0});
  }
  model["skinIndices"] = indices;
  model["skinWeights"] = weights;
  put(folder / "public/data/models/human_full_size.json", model.dump());

  const std::vector<std::string> targets = {
      "macrodetails/caucasian-male-young",
      "macrodetails/height/male-young-averagemuscle-averageweight-maxheight",
      "nose/nose-hump-lesshump", "nose/nose-hump-morehump"};
  json list = {{"targets", json::object()}};
  std::string table;
  for (size_t t = 0; t < targets.size(); ++t) {
    list["targets"]["data/targets/" + targets[t] + ".target"] = json::array();
    for (size_t p = 0; p < kPoints; ++p) {
      // Points 100 … 199 of each target move by (t + 1, 0, -10) mm.
      const bool moves = p >= 100 && p < 200;
      for (const int step : {moves ? 10 * (static_cast<int>(t) + 1) : 0, 0, moves ? -100 : 0}) {
        const auto v = static_cast<int16_t>(step);
        table.append(reinterpret_cast<const char*>(&v), 2);
      }
    }
  }
  put(folder / "src/json/targets/target-list.json", list.dump());
  put(folder / "public/data/targets/targets.bin", table);

  for (const makehuman::Choice& choice : makehuman::wardrobe()) {
    const fs::path at = folder / "public/data/proxies" / choice.folder;
    const std::string stem = at.filename().string();
    // A patch of the body's own points, lifted by 1 cm.
    std::vector<Vec3> points;
    json references = json::array(), item_weights = json::array(), offsets = json::array();
    for (uint32_t p = 1000; p < 1004; ++p) {
      points.push_back(mesh.points[p] + Vec3{0, 0, 0.1f});
      references.push_back({p, p + 1, p + 2});
      item_weights.push_back({1, 0, 0});
      offsets.push_back({0, 0, 0.1});
    }
    json item = model_of(points, {11, 0, 1, 2, 3, 0, 0, 1, 2, 3});
    item["materials"] = {{{"mapDiffuse", "textures/a.png"}}};
    std::vector<int> hidden(kPoints, 0);
    if (choice.kind == body::ItemKind::Outfit) hidden[1001] = 1;
    item["metadata"] = {
        {"ref_vIdxs", references},
        {"weights", item_weights},
        {"offsets", offsets},
        {"deleteVerts", hidden},
        {"license", {{"license", "AGPL3 (see also ...)"}, {"author", "Manuel Bastioni,"}}}};
    put(at / (stem + ".json"), item.dump());
    put(at / "textures/a.png", png());
  }
  for (const char* age : {"young", "middleage", "old"})
    for (const char* origin : {"african", "asian", "caucasian"})
      for (const char* sex : {"female", "male"}) {
        const std::string name = std::string(age) + "_" + origin + "_" + sex;
        put(folder / "public/data/skins" / name / (name + ".json"),
            R"({"mapDiffuse": "textures/s.png"})");
        put(folder / "public/data/skins" / name / "textures/s.png", png());
      }
}

/// Written and compiled once; the tests change copies of single files.
class Makehuman : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    write_package(package());
    Progress silent;
    compile_makehuman(package(), compiled(), silent);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static fs::path package() { return *folder_ / "package"; }
  static fs::path compiled() { return *folder_ / "body.pantomime"; }

  /// Compiles with one file of the package replaced; gives the error.
  static std::string error_with(const fs::path& file, const std::string& bytes) {
    const std::string before = read_file(package() / file);
    write_file(package() / file, bytes);
    std::string message = "no error";
    try {
      Progress silent;
      compile_makehuman(package(), *folder_ / "broken.pantomime", silent);
    } catch (const Error& e) {
      message = e.what();
    }
    write_file(package() / file, before);
    EXPECT_FALSE(fs::exists(*folder_ / "broken.pantomime"));
    EXPECT_NE(message.find(file.filename().string()), std::string::npos) << message;
    return message;
  }
  static json json_of(const fs::path& file) { return json::parse(read_file(package() / file)); }

  static test::TemporaryFolder* folder_;
};
test::TemporaryFolder* Makehuman::folder_ = nullptr;

const fs::path kModel = "public/data/models/human_full_size.json";
const fs::path kOutfit = "public/data/proxies/clothes/male_casualsuit01/male_casualsuit01.json";

TEST_F(Makehuman, CompiledBodyIsThePackages) {
  const body::BodyAssets assets = open_body_assets(compiled());
  EXPECT_TRUE(assets.file().verify());
  EXPECT_EQ(assets.point_count(), kPoints);
  EXPECT_EQ(assets.body_point_count(), kBodyPoints);
  EXPECT_EQ(assets.targets().size(), 4u);
  EXPECT_EQ(assets.details().size(), 1u);
  EXPECT_EQ(assets.items().size(), makehuman::wardrobe().size());
  EXPECT_EQ(assets.skins().size(), 18u);
  const TinyMesh mesh = tiny_mesh();
  EXPECT_NEAR(assets.base()[3 * 777 + 1], 0.1f * mesh.points[777].y, 1e-5f);
  // Joints are the means of the rig's points; fingers hang on the wrist, the jaw on the head.
  std::vector<Vec3> points;
  for (const Vec3 p : mesh.points) points.push_back(0.1f * p);
  const Vec3 knee = body::locate(assets.joint_regressors()[motion::kLeftKnee], points);
  EXPECT_LT(length(knee - Vec3{0.16f, -0.37f, 0.03f}), 1e-4f);
  const auto joint_of = [&](const std::string& bone) {
    return static_cast<int>(assets.joints()[4 * size_t{mesh.ends.at(bone + "____head")[0]}]);
  };
  EXPECT_EQ(joint_of("finger2-1.L"), motion::kLeftWrist);
  EXPECT_EQ(joint_of("toe3-1.R"), motion::kRightFoot);
  EXPECT_EQ(joint_of("jaw"), motion::kHead);
  EXPECT_EQ(joint_of("spine04"), motion::kPelvis);
  // One picture was read and is that of the package.
  EXPECT_EQ(assets.texture(0)->pixels, (std::vector<uint8_t>{200, 100, 50, 255}));
  EXPECT_EQ(assets.item(body::ItemKind::Outfit, "male_casualsuit01").credit.licence, "CC0 1.0");
  EXPECT_EQ(assets.item(body::ItemKind::Outfit, "male_casualsuit01").credit.author,
            "Manuel Bastioni");
}

TEST_F(Makehuman, TargetsMoveThePointsTheyShould) {
  const body::BodyAssets assets = open_body_assets(compiled());
  const auto base = body::morph(assets, body::parse_shape("sex=female,age=25,caucasian=1"));
  const auto moved =
      body::morph(assets, body::parse_shape("sex=male,age=25,caucasian=1,height=0.75"));
  const float floor = moved[5000].y - base[5000].y;
  for (size_t p = 0; p < kPoints; p += 13) {
    const Vec3 d = moved[p] - base[p] - Vec3{0, floor, 0};
    // Full weight of the first target, half of the height target.
    const Vec3 expected = p >= 100 && p < 200 ? Vec3{0.001f + 0.5f * 0.002f, 0, -0.015f} : Vec3{};
    EXPECT_LT(length(d - expected), 1e-5f) << p;
  }
}

TEST_F(Makehuman, ItemsLieWhereTheyWereModelled) {
  const body::BodyAssets assets = open_body_assets(compiled());
  const TinyMesh mesh = tiny_mesh();
  const body::Character c = body::make_character(
      assets, body::parse_person("sex=female,age=25,outfit=f_dress_01,shoes=none,hair=none"));
  const auto dress = std::find_if(c.meshes.begin(), c.meshes.end(), [](const body::SkinnedMesh& m) {
    return m.name == "outfit f_dress_01";
  });
  ASSERT_NE(dress, c.meshes.end());
  ASSERT_EQ(dress->positions.size(), 4u);
  // The body was put on the floor; nothing else moved.
  const float down = body::morph(assets, body::parse_shape("sex=female,age=25"))[5000].y -
                     0.1f * mesh.points[5000].y;
  for (uint32_t p = 1000; p < 1004; ++p) {
    const Vec3 expected = 0.1f * (mesh.points[p] + Vec3{0, 0, 0.1f}) + Vec3{0, down, 0};
    float nearest = 1;
    for (const Vec3 q : dress->positions) nearest = std::min(nearest, length(q - expected));
    EXPECT_LT(nearest, 1e-4f) << p;
  }
}

TEST_F(Makehuman, SamePackageGivesSameBytes) {
  Progress silent;
  compile_makehuman(package(), *folder_ / "again.pantomime", silent);
  EXPECT_EQ(read_file(*folder_ / "again.pantomime"), read_file(compiled()));
}

TEST_F(Makehuman, StopsWhenAsked) {
  Progress progress;
  progress.stop();
  EXPECT_THROW(compile_makehuman(package(), *folder_ / "stopped.pantomime", progress), Cancelled);
  EXPECT_FALSE(fs::exists(*folder_ / "stopped.pantomime"));
}

TEST_F(Makehuman, NamesTheFileThatIsBroken) {
  auto says = [](const std::string& message, const std::string& part) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  error_with(kModel, "{");
  json model = json_of(kModel);
  model["faces"].erase(model["faces"].size() - 1);
  says(error_with(kModel, model.dump()), "cut off");
  model = json_of(kModel);
  model["faces"][1] = 1000000;
  says(error_with(kModel, model.dump()), "uses point 1000000");
  model = json_of(kModel);
  model["faces"][0] = 64;
  says(error_with(kModel, model.dump()), "face type 64");
  model = json_of(kModel);
  model["skinIndices"][0] = 9999;
  says(error_with(kModel, model.dump()), "hangs on bone 9999");
  model = json_of(kModel);
  model["vertices"][5] = "x";
  says(error_with(kModel, model.dump()), "not a number");
  model = json_of(kModel);
  model["vertices"][5] = 1e300;
  says(error_with(kModel, model.dump()), "1e+300");
  model = json_of(kModel);
  model["materials"] = json::array();
  says(error_with(kModel, model.dump()), "no group \"body\"");
  json rig = json_of("src/json/rigs/default.json");
  rig["joints"].erase("wrist.L____head");
  says(error_with("src/json/rigs/default.json", rig.dump()), "no head of bone \"wrist.L\"");
  rig["joints"]["wrist.L____head"] = {123456789};
  says(error_with("src/json/rigs/default.json", rig.dump()), "uses point 123456789");
  says(error_with("public/data/targets/targets.bin", "abc"), "3 bytes, expected");
  json item = json_of(kOutfit);
  item["metadata"]["license"] = {{"license", "AGPL3"}, {"author", "somebody else"}};
  says(error_with(kOutfit, item.dump()),
       "licence \"AGPL3\" of \"somebody else\" is not one that we take");
  item = json_of(kOutfit);
  item["metadata"]["ref_vIdxs"][0][1] = 99999;
  says(error_with(kOutfit, item.dump()), "tied to point 99999");
  item = json_of(kOutfit);
  item["metadata"]["offsets"].erase(0);
  says(error_with(kOutfit, item.dump()), "no \"offsets\" of 4 rows");
  says(error_with("public/data/proxies/eyes/HighPolyEyes/textures/a.png", "no picture"), "a.png");
}

TEST_F(Makehuman, ReaderSurvivesBytesChangedAnywhere) {
  const std::string good = read_file(compiled());
  Random random(test::random_seed());
  int refused = 0;
  for (int i = 0; i < test::random_cases(); ++i) {
    std::string bytes = good;
    // Half of the changes in the first kilobytes of a section, where the counts are.
    const uint32_t sections = 6;
    uint64_t offset = 0;
    std::memcpy(&offset, good.data() + 64 + 64 * random.below(sections) + 48, 8);
    for (int k = 0; k < 3; ++k) {
      const size_t at = random.below(2) == 0 ? static_cast<size_t>(offset) + random.below(300)
                                             : random.below(static_cast<uint32_t>(good.size()));
      bytes[std::min(at, bytes.size() - 1)] = static_cast<char>(random.bits());
    }
    if (random.below(5) == 0) bytes.resize(random.below(static_cast<uint32_t>(bytes.size())));
    write_file(*folder_ / "changed.pantomime", bytes);
    try {
      const body::BodyAssets assets = open_body_assets(*folder_ / "changed.pantomime");
      if (i % 10 == 0) body::make_character(assets, body::parse_person("sex=male,age=20"));
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, test::random_cases() / 10);
}

}  // namespace
}  // namespace pantomime::formats
