// docs/spec/sealing.md sections 8.1 to 8.3 (definition) and 8.6 (optimized form).
#include <map>
#include <mutex>
#include <string>

#include "kernels/failure.h"
#include "kernels/poseidon.h"

namespace seal {

namespace {

using Vector = std::vector<Fr>;

struct Matrix {
  unsigned size;
  Vector cells;  // row-major

  explicit Matrix(unsigned n) : size(n), cells(static_cast<std::size_t>(n) * n) {}
  Fr& at(unsigned row, unsigned column) { return cells[static_cast<std::size_t>(row) * size + column]; }
  const Fr& at(unsigned row, unsigned column) const {
    return cells[static_cast<std::size_t>(row) * size + column];
  }

  static Matrix identity(unsigned n) {
    Matrix result(n);
    for (unsigned i = 0; i < n; ++i) result.at(i, i) = Fr::one();
    return result;
  }
};

Matrix operator*(const Matrix& a, const Matrix& b) {
  Matrix product(a.size);
  for (unsigned i = 0; i < a.size; ++i) {
    for (unsigned j = 0; j < a.size; ++j) {
      for (unsigned k = 0; k < a.size; ++k) product.at(i, j) += a.at(i, k) * b.at(k, j);
    }
  }
  return product;
}

/// Row vector times matrix.
Vector operator*(const Vector& row, const Matrix& matrix) {
  Vector product(matrix.size);
  for (unsigned i = 0; i < matrix.size; ++i) {
    for (unsigned j = 0; j < matrix.size; ++j) product[j] += row[i] * matrix.at(i, j);
  }
  return product;
}

/// Gauss-Jordan.
Matrix inverse(Matrix a) {
  Matrix result = Matrix::identity(a.size);
  for (unsigned column = 0; column < a.size; ++column) {
    unsigned pivot = column;
    while (pivot < a.size && a.at(pivot, column) == Fr()) ++pivot;
    require(pivot < a.size, "a singular matrix has no inverse");
    for (unsigned j = 0; j < a.size; ++j) {
      std::swap(a.at(pivot, j), a.at(column, j));
      std::swap(result.at(pivot, j), result.at(column, j));
    }
    const Fr scale = a.at(column, column).inverse();
    for (unsigned j = 0; j < a.size; ++j) {
      a.at(column, j) *= scale;
      result.at(column, j) *= scale;
    }
    for (unsigned row = 0; row < a.size; ++row) {
      if (row == column) continue;
      const Fr factor = a.at(row, column);
      for (unsigned j = 0; j < a.size; ++j) {
        a.at(row, j) = a.at(row, j) - factor * a.at(column, j);
        result.at(row, j) = result.at(row, j) - factor * result.at(column, j);
      }
    }
  }
  return result;
}

/// Section 8.1.
unsigned partial_rounds_of(unsigned arity) {
  switch (arity) {
    case 2:
      return 55;
    case 4:
      return 56;
    case 8:
    case 11:
      return 57;
    case 16:
    case 24:
      return 59;
    case 36:
      return 60;
    default:
      throw Failure(FailureCode::invalid_argument,
                    "Poseidon has no parameters for arity " + std::to_string(arity));
  }
}

/// The 80-bit Grain LFSR of section 8.2. Bit 0 of `state_` is the oldest.
class Grain {
 public:
  Grain(unsigned width, unsigned full_rounds, unsigned partial_rounds) {
    append(1, 2);
    append(1, 4);
    append(255, 12);
    append(width, 12);
    append(full_rounds, 10);
    append(partial_rounds, 10);
    append((1u << 30) - 1, 30);
    for (int i = 0; i < 160; ++i) update();
  }

  Fr next_element() {
    for (;;) {
      Node node{};
      for (int bit = 254; bit >= 0; --bit) {
        if (next_bit()) node[static_cast<unsigned>(bit) / 8] |= static_cast<std::uint8_t>(1u << (bit % 8));
      }
      if (is_canonical(node)) return Fr::from_node(node);
    }
  }

 private:
  void append(unsigned value, unsigned bits) {
    for (unsigned bit = bits; bit-- > 0;) state_[filled_++] = (value >> bit) & 1;
  }

  bool update() {
    const auto s = [this](unsigned i) { return state_[(first_ + i) % 80]; };
    const bool bit = s(62) ^ s(51) ^ s(38) ^ s(23) ^ s(13) ^ s(0);
    state_[first_] = bit;  // the newest bit replaces the oldest
    first_ = (first_ + 1) % 80;
    return bit;
  }

  bool next_bit() {
    for (;;) {
      const bool chosen = update();
      const bool bit = update();
      if (chosen) return bit;
    }
  }

  bool state_[80] = {};
  unsigned filled_ = 0;
  unsigned first_ = 0;
};

Matrix cauchy(unsigned width) {
  Matrix matrix(width);
  for (unsigned i = 0; i < width; ++i) {
    for (unsigned j = 0; j < width; ++j) matrix.at(i, j) = Fr::from_u64(i + width + j).inverse();
  }
  return matrix;
}

void append(Vector& to, const Vector& elements) {
  to.insert(to.end(), elements.begin(), elements.end());
}

/// Moves every round's constants across the previous round's matrix, so that partial rounds add to one
/// element only.
void compress_constants(PoseidonConstants& c, const Matrix& mds_inverse) {
  const unsigned half = c.full_rounds / 2;
  const auto round = [&c](unsigned r) {
    const auto begin = c.round_constants.begin() + static_cast<std::ptrdiff_t>(r) * c.width;
    return Vector(begin, begin + c.width);
  };
  c.start = round(0);
  for (unsigned r = 0; r + 1 < half; ++r) append(c.first_half, round(r + 1) * mds_inverse);

  c.partial_scalar.resize(c.partial_rounds);
  Vector accumulated = round(half + c.partial_rounds);
  for (unsigned i = 0; i < c.partial_rounds; ++i) {
    Vector y = accumulated * mds_inverse;
    c.partial_scalar[c.partial_rounds - 1 - i] = y[0];
    y[0] = Fr();
    accumulated = round(half + c.partial_rounds - 1 - i);
    for (unsigned j = 0; j < c.width; ++j) accumulated[j] += y[j];
  }
  append(c.first_half, accumulated * mds_inverse);
  for (unsigned j = 0; j + 1 < half; ++j)
    append(c.second_half, round(half + c.partial_rounds + 1 + j) * mds_inverse);
}

/// Factors the dense matrices of the partial rounds into sparse ones, preceded by a single dense one.
void factor_matrices(PoseidonConstants& c, const Matrix& mds) {
  const unsigned rest = c.width - 1;
  std::vector<Vector> emitted;
  Matrix current = mds;
  for (unsigned round = 0; round < c.partial_rounds; ++round) {
    Matrix minor(rest);
    for (unsigned i = 0; i < rest; ++i) {
      for (unsigned j = 0; j < rest; ++j) minor.at(i, j) = current.at(i + 1, j + 1);
    }
    const Matrix minor_inverse = inverse(minor);
    Vector sparse{current.at(0, 0)};
    for (unsigned i = 0; i < rest; ++i) {
      Fr sum;
      for (unsigned j = 0; j < rest; ++j) sum += minor_inverse.at(i, j) * current.at(j + 1, 0);
      sparse.push_back(sum);
    }
    for (unsigned j = 0; j < rest; ++j) sparse.push_back(current.at(0, j + 1));
    emitted.push_back(std::move(sparse));

    Matrix diagonal = Matrix::identity(c.width);
    for (unsigned i = 0; i < rest; ++i) {
      for (unsigned j = 0; j < rest; ++j) diagonal.at(i + 1, j + 1) = minor.at(i, j);
    }
    current = mds * diagonal;
  }
  for (auto sparse = emitted.rbegin(); sparse != emitted.rend(); ++sparse) append(c.sparse, *sparse);
  c.pre_sparse = std::move(current.cells);
}

PoseidonConstants generate(unsigned arity) {
  PoseidonConstants c;
  c.width = arity + 1;
  c.full_rounds = 8;
  c.partial_rounds = partial_rounds_of(arity);
  Grain grain(c.width, c.full_rounds, c.partial_rounds);
  const std::size_t count = static_cast<std::size_t>(c.full_rounds + c.partial_rounds) * c.width;
  for (std::size_t i = 0; i < count; ++i) c.round_constants.push_back(grain.next_element());

  const Matrix mds = cauchy(c.width);
  c.mds = mds.cells;
  compress_constants(c, inverse(mds));
  factor_matrices(c, mds);
  return c;
}

}  // namespace

const PoseidonConstants& poseidon_constants(unsigned arity) {
  static std::mutex mutex;
  static std::map<unsigned, PoseidonConstants> generated;
  const std::lock_guard lock(mutex);
  const auto known = generated.find(arity);
  if (known != generated.end()) return known->second;
  return generated.emplace(arity, generate(arity)).first->second;
}

}  // namespace seal
