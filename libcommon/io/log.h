/* SPDX-License-Identifier: Apache-2.0
 * log.h -- one line per event on stderr, key=value. No secrets, no payloads above debug. */
#ifndef WATTBUS_LOG_H
#define WATTBUS_LOG_H
#include "libcommon/pure/base.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
/* Level from WATTBUS_LOG (error, warn, info, debug); default info. Any thread. */
void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);
#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Says a fault once when it begins and once when it ends, not at every poll. */
struct log_latch {
    bool on;
    unsigned repeats;
};
/* Returns true when the state changed. `what` and `detail` are shown. */
bool log_fault(struct log_latch *l, bool bad, const char *what, const char *detail);
#endif
