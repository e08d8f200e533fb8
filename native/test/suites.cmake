# Run after a test program has been linked: writes one ctest entry for each of its suites, labelled
# with the program's name. One for each test would start some 500 processes. EXCEPT is a filter of
# tests to leave out.
get_filename_component(label "${PROGRAM}" NAME_WE)
execute_process(COMMAND "${PROGRAM}" --gtest_list_tests OUTPUT_VARIABLE listed RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${PROGRAM} cannot list its tests: ${failed}")
endif()
string(REPLACE "\n" ";" lines "${listed}")
set(entries "")
foreach(line ${lines})
  if(line MATCHES "^([^ ]+)\\.( |$)")
    set(suite "${CMAKE_MATCH_1}")
    set(entry "[==[${label}: ${suite}]==]")
    string(APPEND entries
      "add_test(${entry} [==[${PROGRAM}]==] [==[--gtest_filter=${suite}.*-${EXCEPT}]==])\n"
      "set_tests_properties(${entry} PROPERTIES LABELS ${label})\n")
  endif()
endforeach()
file(WRITE "${SUITES}" "${entries}")
