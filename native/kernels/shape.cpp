#include "kernels/shape.h"

#include <algorithm>

#include "kernels/failure.h"
#include "kernels/sha256.h"

namespace seal {

namespace {

constexpr std::uint64_t KiB = 1024, MiB = 1024 * KiB, GiB = 1024 * MiB;

constexpr Shape shape(std::uint64_t bytes, unsigned layers, unsigned sub, unsigned top, unsigned partitions,
                      unsigned challenges) {
  return {bytes, bytes / node_bytes, layers, sub, top, partitions, challenges};
}

// docs/spec/sealing.md section 7, in its order.
constexpr Shape shapes[] = {
    shape(2 * KiB, 2, 0, 0, 1, 2),      shape(4 * KiB, 2, 2, 0, 1, 2), shape(16 * KiB, 2, 8, 0, 1, 2),
    shape(32 * KiB, 2, 8, 2, 1, 2),     shape(8 * MiB, 2, 0, 0, 1, 2), shape(16 * MiB, 2, 2, 0, 1, 2),
    shape(512 * MiB, 2, 0, 0, 1, 2),    shape(1 * GiB, 2, 2, 0, 1, 2), shape(32 * GiB, 11, 8, 0, 10, 176),
    shape(64 * GiB, 11, 8, 2, 10, 176),
};

struct RegisteredSize {
  std::uint64_t bytes;
  const char* name;
};

constexpr RegisteredSize registered_sizes[] = {
    {2 * KiB, "2KiB"}, {8 * MiB, "8MiB"}, {512 * MiB, "512MiB"}, {32 * GiB, "32GiB"}, {64 * GiB, "64GiB"}};

struct Generation {
  const char* suffix;
  ApiVersion api_version;
  PorepFeature feature;
};

// Section 4.1: four blocks of five sizes.
constexpr Generation generations[] = {
    {"V1", ApiVersion::v1_0, PorepFeature::none},
    {"V1_1", ApiVersion::v1_1, PorepFeature::none},
    {"V1_1_Feat_SyntheticPoRep", ApiVersion::v1_2, PorepFeature::synthetic},
    {"V1_2_Feat_NonInteractivePoRep", ApiVersion::v1_2, PorepFeature::non_interactive}};

}  // namespace

unsigned Shape::base_levels() const {
  unsigned levels = 0;
  for (std::uint64_t row = base_leaves(); row > 1; row /= base_arity) ++levels;
  return levels;
}

std::uint64_t Shape::base_tree_nodes() const {
  std::uint64_t total = 0;
  for (std::uint64_t row = base_leaves(); row > 1; row /= base_arity) total += row;
  return total + 1;
}

unsigned Shape::rows_to_discard() const {
  const unsigned rows = base_levels() + 1;
  if (rows <= 2) return 0;
  if (rows == 3) return 1;
  return std::min(rows - 2, 2u);
}

const Shape& shape_of(std::uint64_t sector_bytes) {
  for (const Shape& candidate : shapes) {
    if (candidate.sector_bytes == sector_bytes) return candidate;
  }
  throw Failure(FailureCode::invalid_argument,
                "sectors of " + std::to_string(sector_bytes) + " bytes do not exist");
}

RegisteredProof registered_proof(unsigned number) {
  if (number >= 20) {
    throw Failure(FailureCode::invalid_argument,
                  "unknown registered seal proof " + std::to_string(number));
  }
  const RegisteredSize& size = registered_sizes[number % 5];
  const Generation& generation = generations[number / 5];
  const std::string prefix = std::string("StackedDrg") + size.name;
  return {number,
          &shape_of(size.bytes),
          generation.api_version,
          generation.feature,
          porep_id_of(number),
          prefix + generation.suffix,
          prefix + "V1"};
}

Node porep_id_of(unsigned registered_proof_number) {
  Node id{};
  store_le64(id.data(), registered_proof_number);
  return id;
}

Node prover_id_of(std::uint64_t actor_id) {
  Node id{};
  std::size_t at = 0;
  for (; actor_id >= 0x80; actor_id >>= 7) id[at++] = static_cast<std::uint8_t>(actor_id | 0x80);
  id[at] = static_cast<std::uint8_t>(actor_id);
  return id;
}

Node replica_id_of(const Node& prover_id, std::uint64_t sector_number, const Node& ticket, const Node& comm_d,
                   const Node& porep_id) {
  std::uint8_t number[8];
  store_be64(number, sector_number);
  Node id = Sha256()
                .update(prover_id.data(), node_bytes)
                .update(number, sizeof number)
                .update(ticket.data(), node_bytes)
                .update(comm_d.data(), node_bytes)
                .update(porep_id.data(), node_bytes)
                .digest();
  trunc254(id.data());
  return id;
}

}  // namespace seal
