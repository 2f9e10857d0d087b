# SPDX-License-Identifier: Apache-2.0
# Flags for all of our own sources, and the three kinds of targets: library, program, test.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_LINK_WHAT_YOU_USE OFF)
# Asserts stay on in release builds: they guard our own mistakes (docs/architecture.md).
foreach(t RELEASE RELWITHDEBINFO MINSIZEREL)
  string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${t} "${CMAKE_C_FLAGS_${t}}")
endforeach()

add_library(wattbus_flags INTERFACE)
target_compile_definitions(wattbus_flags INTERFACE _GNU_SOURCE
                           WATTBUS_VERSION="${PROJECT_VERSION}")
target_compile_options(wattbus_flags INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
  # rows may leave their tail out: the rest is zero, which is what an absent value is here
  -Wno-missing-field-initializers
  -Wcast-qual -Wpointer-arith -Wformat=2 -Wvla -Wwrite-strings -Wundef
  -fstack-protector-strong -fno-common -ffunction-sections -fdata-sections
  # snprintf that cuts is how our bounded texts work; buf and str_copy report it where it matters
  $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>
  -include ${CMAKE_SOURCE_DIR}/libcommon/banned.h)
target_include_directories(wattbus_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_link_options(wattbus_flags INTERFACE -Wl,--gc-sections -Wl,-z,relro -Wl,-z,now
                    -Wl,--as-needed)
if(WATTBUS_SANITIZE)
  target_compile_options(wattbus_flags INTERFACE -fsanitize=address,undefined
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(wattbus_flags INTERFACE -fsanitize=address,undefined)
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(wattbus_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()

# wattbus_pkg(PREFIX module...): a Debian library as an imported target PkgConfig::PREFIX
function(wattbus_pkg prefix)
  pkg_check_modules(${prefix} REQUIRED QUIET IMPORTED_TARGET GLOBAL ${ARGN})
endfunction()
wattbus_pkg(JSONC json-c)
wattbus_pkg(UV libuv)
wattbus_pkg(YAML yaml-0.1)
wattbus_pkg(MODBUS libmodbus)
wattbus_pkg(LWS libwebsockets)
wattbus_pkg(CURL libcurl)

# wattbus_lib(name SOURCES... LINK libs...)
function(wattbus_lib name)
  cmake_parse_arguments(A "" "KIND" "SOURCES;LINK" ${ARGN})
  if(NOT A_KIND)
    set(A_KIND STATIC)
  endif()
  add_library(${name} ${A_KIND} ${A_SOURCES})
  target_link_libraries(${name} PUBLIC wattbus_flags ${A_LINK})
endfunction()

# wattbus_exe(name SOURCES... LINK libs...): a program, installed to bin/
function(wattbus_exe name)
  cmake_parse_arguments(A "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE wattbus_flags ${A_LINK})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# wattbus_core(service SOURCES... LINK libs...): the pure core of a service. The purity test runs
# nm -u on its objects (tests/unit/purity).
function(wattbus_core name)
  if(WATTBUS_SHARED_CORES) # tests/mutants: exchanged without a link of every test program
    wattbus_lib(${name} KIND SHARED ${ARGN} proto) # a library of its own leaves nothing to the program
  else()
    wattbus_lib(${name} ${ARGN})
  endif()
  set_property(GLOBAL APPEND PROPERTY WATTBUS_CORES ${name})
endfunction()

# wattbus_test(name SOURCES... LINK libs...): a Check test program, run by ctest
function(wattbus_test name)
  if(NOT WATTBUS_TESTS)
    return()
  endif()
  cmake_parse_arguments(A "" "" "SOURCES;LINK;ARGS" ${ARGN})
  wattbus_pkg(CHECK check)
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE wattbus_flags ${A_LINK} PkgConfig::CHECK)
  # Check's own macros trip these two under clang.
  target_compile_options(${name} PRIVATE $<$<C_COMPILER_ID:Clang>:-Wno-gnu-zero-variadic-macro-arguments>)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} ${A_ARGS})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT
    "WATTBUS_SOURCE=${CMAKE_SOURCE_DIR};LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/lsan.supp:print_suppressions=0"
    TIMEOUT 120)
endfunction()

# wattbus_add_all(dir): every folder below dir that has a CMakeLists.txt
function(wattbus_add_all dir)
  file(GLOB subs CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${dir}/*/CMakeLists.txt)
  foreach(s ${subs})
    get_filename_component(d ${s} DIRECTORY)
    add_subdirectory(${d})
  endforeach()
endfunction()
