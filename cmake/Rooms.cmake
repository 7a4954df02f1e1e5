# A room is one folder under pantomime/ and one library target. Its links are all it may include.
add_library(pantomime_options INTERFACE)
target_include_directories(pantomime_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(pantomime_options INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wpedantic
                                                   -Wno-missing-field-initializers  # designated initialisers name what they set
                                                   $<$<BOOL:${PANTOMIME_WERROR}>:-Werror>
    # g++ 12 sees overlaps in std::string's own code (GCC bug 105651); from 13 on it takes every
    # reference that a function with a temporary argument returns for one to that argument.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_GREATER_EQUAL:$<CXX_COMPILER_VERSION>,13>>:-Wno-dangling-reference>)
if(PANTOMIME_SANITIZE)
  target_compile_options(pantomime_options INTERFACE -fsanitize=${PANTOMIME_SANITIZE}
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(pantomime_options INTERFACE -fsanitize=${PANTOMIME_SANITIZE})
endif()
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

function(pantomime_room name)
  cmake_parse_arguments(ROOM "" "" "LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/pantomime/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE pantomime_options ${ROOM_LINKS})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC pantomime_options ${ROOM_LINKS})
  if(name STREQUAL "base")
    target_compile_definitions(base PRIVATE PANTOMIME_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                            PANTOMIME_VERSION="${PROJECT_VERSION}")
  endif()
endfunction()

function(pantomime_program name)
  cmake_parse_arguments(PROGRAM "" "" "LINKS" ${ARGN})
  if(EXISTS ${CMAKE_SOURCE_DIR}/pantomime/commands/main.cpp)
    add_executable(${name} ${CMAKE_SOURCE_DIR}/pantomime/commands/main.cpp)
    target_link_libraries(${name} PRIVATE ${PROGRAM_LINKS})
  endif()
endfunction()

# tests/<room>/*_test.cpp become one program and one CTest entry.
function(pantomime_room_tests name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${name}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(test_${name} ${sources})
  target_link_libraries(test_${name} PRIVATE ${name} test_support GTest::gtest_main ${ARGN})
  add_test(NAME ${name} COMMAND test_${name})
  set_tests_properties(${name} PROPERTIES LABELS unit
    ENVIRONMENT "OMP_WAIT_POLICY=passive;OMP_NUM_THREADS=1")
endfunction()
