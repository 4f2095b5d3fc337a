#pragma once

#include "kernels/sector_update.h"
#include "kernels/update.h"
#include "kernels/update_proof.h"
#include "test/sealed_fixture.h"
#include "test/vectors.h"

namespace seal::test {

/// A sealed sector of zeros after an update with data.
struct UpdatedFixture {
  UpdatedFixture(RegisteredProof proof, const std::vector<std::uint8_t>& data, Node ticket)
      : key(std::move(proof), {}, ticket, Node{}) {
    write_file(new_data(), data);
    result = encode_update(shape(),
                           {key.sealed(), key.cache(), new_data(), replica(), update_cache(), std::nullopt},
                           key.threads, key.control);
    statement = {key.statement.comm_r, result.comm_r_new, result.comm_d_new};
  }

  const Shape& shape() const { return *key.proof.shape; }
  std::string new_data() const { return key.directory.file("new-data"); }
  std::string replica() const { return key.directory.file("update"); }
  std::string update_cache() const { return key.directory.file("update-cache"); }
  UpdatedSectorFiles files() const { return {key.sealed(), key.cache(), replica(), update_cache()}; }

  SealedFixture key;
  UpdateResult result;
  UpdateStatement statement;
};

/// The 2 KiB update of the derived vectors.
inline UpdatedFixture derived_update() {
  Node ticket;
  ticket.fill(1);
  return {registered_proof(5), pattern_sector(2 * 1024), ticket};
}

}  // namespace seal::test
