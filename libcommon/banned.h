/* SPDX-License-Identifier: Apache-2.0
 * Force-included into all of our sources: calls that have no length, hide errors or block the loop
 * do not compile. System headers come first so that only our own calls trip a wire. */
#ifndef WATTBUS_BANNED_H
#define WATTBUS_BANNED_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#undef strcpy
#undef strcat
#undef strncpy
#undef sprintf
#undef vsprintf
#undef atoi
#undef atof
#undef atol
#undef gets
#undef strtok
#undef sleep
#undef usleep
#undef localtime
#undef gmtime
#define strcpy(...)    banned_strcpy_has_no_length_use_str_copy
#define strcat(...)    banned_strcat_has_no_length_use_buf
#define strncpy(...)   banned_strncpy_may_not_terminate_use_str_copy
#define sprintf(...)   banned_sprintf_has_no_length_use_snprintf
#define vsprintf(...)  banned_vsprintf_has_no_length_use_vsnprintf
#define atoi(...)      banned_atoi_hides_errors_use_str_i32
#define atof(...)      banned_atof_hides_errors_use_str_f64
#define atol(...)      banned_atol_hides_errors_use_str_i64
#define strtok(...)    banned_strtok_keeps_state_use_str_word
#define sleep(...)     banned_sleep_blocks_the_loop_use_a_timer
#define usleep(...)    banned_usleep_blocks_the_loop_use_a_timer
#define localtime(...) banned_localtime_is_shared_use_localtime_r
#define gmtime(...)    banned_gmtime_is_shared_use_gmtime_r
#endif
