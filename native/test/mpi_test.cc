// The binary interfaces of MPI libraries, by libraries of one process that check their handles
// (mpi_library.cc).
#include <gtest/gtest.h>

#if defined(__linux__)

#include <string>

#include "base/error.h"
#include "distributed/wire.h"

namespace gradlane::distributed {
namespace {

std::string PathOf(const std::string& name) {
  return std::string(GRADLANE_MPI_LIBRARIES) + "/libmpi_" + name + ".so";
}

std::string ThrownBy(const std::string& libraries) {
  try {
    LoadMpi(libraries);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kDistributed);
    return error.what();
  }
  return "";
}

TEST(MpiTest, CallsALibraryByItsBinaryInterface) {
  for (const char* name : {"open_mpi", "mpich", "standard"}) {
    SCOPED_TRACE(name);
    const std::string path = PathOf(name);
    const std::unique_ptr<Wire> wire = LoadMpi("libnone.so.1\n" + path);
    EXPECT_EQ(wire->library(), "A library v1.2 (" + path + ")");
    EXPECT_EQ(wire->rank(), 0);
    EXPECT_EQ(wire->size(), 1);
    const std::string sent = "message";
    std::string received(sent.size(), ' ');
    EXPECT_FALSE(wire->Advance());
    bool sending = false, receiving = false;
    wire->Send(sent.data(), 7, 0, Tag::kData, sending);
    wire->Receive(received.data(), 7, 0, Tag::kData, receiving);
    EXPECT_TRUE(sending && receiving);
    EXPECT_TRUE(wire->Advance());
    EXPECT_FALSE(sending || receiving);
    EXPECT_EQ(received, sent);
    EXPECT_FALSE(wire->Advance());
    wire->Finalize();
  }
}

TEST(MpiTest, RefusesALibraryOfAnInterfaceThatItDoesNotKnow) {
  const std::string path = PathOf("later");
  EXPECT_EQ(ThrownBy(path),
            path +
                " has neither the interface of Open MPI, nor MPICH's, nor version 1 "
                "of the standard one");
}

TEST(MpiTest, TellsOfTheLibrariesThatCouldNotBeLoaded) {
  const std::string thrown = ThrownBy("libnone.so.1\nlibnone.so.2");
  EXPECT_NE(thrown.find("no MPI library could be loaded:\n  libnone.so.1: "), std::string::npos);
  EXPECT_NE(thrown.find("\n  libnone.so.2: "), std::string::npos);
}

TEST(MpiTest, PassesOnWhatALibrarySays) {
  const std::unique_ptr<Wire> wire = LoadMpi(PathOf("mpich"));
  char byte = 0;
  bool pending = false;
  try {
    wire->Send(&byte, 1, 1, Tag::kData, pending);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "MPI_Isend: wrong handle");
  }
}

}  // namespace
}  // namespace gradlane::distributed

#endif
