#include "pantomime/formats/wavefront.h"

#include <gtest/gtest.h>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/png.h"
#include "pantomime/formats/sweet_home.h"
#include "pantomime/formats/zip.h"
#include "support.h"

namespace pantomime::formats {
namespace {

Model3d parse(const std::string& obj, const std::string& mtl = {}) {
  return parse_obj(
      obj, "a.obj", [&](const std::string&) { return mtl; },
      [](const std::string&) { return std::make_shared<Image>(2, 2, 3); });
}

TEST(Wavefront, CutsPolygonsAndCountsFromEitherEnd) {
  const Model3d m = parse("v 0 0 0\nv 1 0 0\nv 1 0 -1\nv 0 0 -1\nf 1 2 3 4\nf -4 -3 -2\n");
  ASSERT_EQ(m.pieces.size(), 1u);
  EXPECT_EQ(m.pieces[0].triangles.size(), 3u);
  for (const Vec3& n : m.pieces[0].normals) EXPECT_NEAR(n.y, 1, 1e-6f);
  EXPECT_TRUE(m.pieces[0].uvs.empty());
}

TEST(Wavefront, SharpEdgesStaySharpAndSoftOnesAreRounded) {
  // Two squares at a right angle, and two that lean 20 degrees.
  const Model3d sharp =
      parse("v 0 0 0\nv 1 0 0\nv 1 0 -1\nv 0 0 -1\nv 1 1 0\nv 0 1 0\nf 1 2 3 4\nf 2 1 6 5\n");
  for (const Vec3& n : sharp.pieces[0].normals)
    EXPECT_GT(std::max(std::abs(n.y), std::abs(n.z)), 0.999f);
  const Model3d soft = parse(
      "v 0 0 0\nv 1 0 0\nv 1 0 -1\nv 0 0 -1\nv 1 -0.34 0.94\nv 0 -0.34 0.94\nf 1 2 3 4\nf 2 1 6 "
      "5\n");
  int between = 0;
  for (const Vec3& n : soft.pieces[0].normals) between += n.z > 0.1f && n.z < 0.3f;
  EXPECT_EQ(between, 4 + 2);  // both corners of the edge in all faces that touch it there
}

TEST(Wavefront, ReadsMaterials) {
  const Model3d m = parse(
      "mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\n"
      "usemtl glass\nf 1/1 2/2 3/3\nusemtl cloth\nf 1/1 2/2 3/3\n",
      "newmtl glass\nKd 1 0 0\nd 0.25\nnewmtl cloth\nKd 0 0 0\nmap_Kd -s 1 1 1 cloth.jpg\n");
  ASSERT_EQ(m.materials.size(), 2u);
  EXPECT_TRUE(m.materials[0].see_through);
  EXPECT_FLOAT_EQ(m.materials[0].base_colour[3], 0.25f);
  EXPECT_FLOAT_EQ(m.materials[0].base_colour[0], 1);
  ASSERT_TRUE(m.materials[1].colour);
  EXPECT_FLOAT_EQ(m.materials[1].base_colour[0], 1);
  EXPECT_FLOAT_EQ(m.pieces[0].uvs[2][1], 0);  // v is turned over
}

TEST(Wavefront, RefusesBrokenFilesWithOneClearError) {
  for (const char* text :
       {"", "v 1 2\n", "v 1 2 x\nf 1 1 1\n", "v 0 0 0\nf 1 2 3\n", "v 0 0 0\nf 0 0 0\n",
        "v 0 0 0\nf 1/1 1/1 1/1\n", "v 0 0 0\nf 1//2 1 1\n", "v 0 0 0\nf -2 1 1\n", "v nan 0 0\n"})
    EXPECT_THROW(parse(text), ParseError) << text;
}

TEST(SweetHome, ReadsTheList) {
  const auto list = parse_furniture_list(
      "name=Set\nname#1=Caf\xE9 "
      "chair\nmodel#1=/a/chair.obj\nwidth#1=40\ndepth#1=50\nheight#1=90.5\n"
      "elevation#1=12\nmodelRotation#1=1 0 0 0 0 1 0 -1 0\nname#2=no model\nwidth#2=1\n",
      "list");
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].name, "Caf\xC3\xA9 chair");
  EXPECT_EQ(list[0].id, "chair");
  EXPECT_FLOAT_EQ(list[0].size.y, 0.905f);
  EXPECT_FLOAT_EQ(list[0].elevation, 0.12f);
  EXPECT_FLOAT_EQ(list[0].turn[7], -1);
  EXPECT_THROW(parse_furniture_list("width#1=-4\n", "list"), ParseError);
  EXPECT_THROW(parse_furniture_list("width#1=1e9\n", "list"), ParseError);
  EXPECT_THROW(parse_furniture_list("modelRotation#1=1 0\n", "list"), ParseError);
}

const char* kList = "PluginFurnitureCatalog.properties";

/// A catalogue of one chair with a picture.
std::map<std::string, std::string> chair() {
  return {{kList,
           "name=Set\nname#1=chair\nmodel#1=/a/chair.obj\nwidth#1=40\ndepth#1=50\nheight#1=90\n"},
          {"a/chair.obj",
           "mtllib chair.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nusemtl wood\n"
           "f 1/1 2/1 3/1\n"},
          {"a/chair.mtl", "newmtl wood\nmap_Kd wood.png\n"},
          {"a/wood.png", to_png(Image(4, 4, 3, 90))}};
}

TEST(SweetHome, ReadsACatalogue) {
  const test::TemporaryFolder folder;
  write_file(folder / "a.sh3f", to_zip(chair(), ZipMethod::Deflated));
  const FurnitureCatalogue catalogue(folder / "a.sh3f");
  EXPECT_EQ(catalogue.name(), "Set");
  const auto models = catalogue.load({"chair"});
  ASSERT_EQ(models.at("chair").materials.size(), 1u);
  EXPECT_TRUE(models.at("chair").materials[0].colour);
  EXPECT_NEAR(models.at("chair").pieces[0].positions[2].y, 0.9f, 1e-5f);
  EXPECT_THROW(catalogue.load({"table"}), Error);
}

TEST(SweetHome, RefusesBrokenCataloguesWithOneClearError) {
  const test::TemporaryFolder folder;
  const auto path = folder / "a.sh3f";
  const auto error_with = [&](const std::string& bytes) {
    write_file(path, bytes);
    const std::string line = test::error_of([&] { FurnitureCatalogue(path).load({"chair"}); });
    EXPECT_EQ(line.rfind(path.string(), 0), 0u) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    return line;
  };
  const auto without = [&](const std::string& name, const std::string& instead) {
    auto files = chair();
    files.erase(name);
    if (!instead.empty()) files[name] = instead;
    return to_zip(files, ZipMethod::Stored);
  };
  error_with("this is no archive");
  EXPECT_NE(error_with(without(kList, "")).find(kList), std::string::npos);
  EXPECT_NE(error_with(without("a/chair.obj", "")).find("not in the archive"), std::string::npos);
  error_with(without("a/chair.obj", "f 1 2 3\n"));
  error_with(without(kList, "model#1=/../../etc/passwd\nwidth#1=1\n"));
  // Cut anywhere: an error or, when only the archive's own list at the end is gone, the model.
  const std::string whole = to_zip(chair(), ZipMethod::Deflated);
  for (size_t size = 0; size < whole.size(); size += 7) {
    write_file(path, whole.substr(0, size));
    test::error_of([&] { FurnitureCatalogue(path).load({"chair"}); });
  }
  // A picture that is none is named.
  write_file(path, without("a/wood.png", "no picture"));
  EXPECT_NE(test::error_of([&] { FurnitureCatalogue(path).load({"chair"}); }).find("wood.png"),
            std::string::npos);
}

}  // namespace
}  // namespace pantomime::formats
