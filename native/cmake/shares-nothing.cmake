# Fails when one of OBJECTS defines a weak symbol: an inline function compiled for an instruction set. The linker keeps
# one copy of it for the whole program, and a processor without these instructions would run it.
execute_process(COMMAND ${NM} -C --defined-only ${OBJECTS} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]* [WVu] [^\n]*" shared "${symbols}")
# The address of the exception handling routine is data.
list(FILTER shared EXCLUDE REGEX "DW\\.ref\\.__gxx_personality_v0")
if(shared)
  list(JOIN shared "\n" lines)
  message(FATAL_ERROR "These functions are compiled for an instruction set and shared with every other file:\n${lines}\n"
    "Move them into a source file of kernels/ or kernels/simd, or mark them always_inline.")
endif()
