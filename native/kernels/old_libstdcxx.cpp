// Since GCC 11 std::vector calls this function, which the libstdc++ of the oldest systems we serve does not
// have: so we bring our own.
#include <new>

namespace std {

[[noreturn]] void __throw_bad_array_new_length() {
  throw std::bad_array_new_length();
}

}  // namespace std
