/* SPDX-License-Identifier: Apache-2.0
 * The charging profiles of one OCPP 1.6 charge point with one connector, and the limit they give at
 * a moment: min(ChargePointMaxProfile, TxProfile if there is one, else TxDefaultProfile). Pure;
 * wall times in ms since 1970. Limits in milli-units of the schedule: mA or mW. */
#ifndef SIM_OCPP_PROFILES_H
#define SIM_OCPP_PROFILES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROFILES_MAX = 16, PERIODS_MAX = 24, STACK_LEVEL_MAX = 8 };
enum profile_purpose { PURPOSE_MAX, PURPOSE_DEFAULT, PURPOSE_TX, PURPOSES };
enum profile_kind { KIND_ABSOLUTE, KIND_RECURRING, KIND_RELATIVE };
struct profile_period {
    int64_t start_ms; /* from the start of the schedule */
    int64_t limit;    /* mA or mW */
    int32_t phases;   /* 0: not given */
};
struct profile {
    int32_t id, stack, connector, tx_id; /* tx_id 0: not given */
    enum profile_purpose purpose;
    enum profile_kind kind;
    int64_t recur_ms;                   /* day or week */
    int64_t valid_from_ms, valid_to_ms; /* 0: open */
    int64_t start_ms;                   /* 0: not given */
    int64_t duration_ms;                /* 0: for ever */
    int64_t received_ms;
    bool watts;
    size_t n_periods;
    struct profile_period period[PERIODS_MAX];
};
struct profile_store {
    struct profile at[PROFILES_MAX];
    size_t n;
};
/* What the limits apply to. */
struct profile_site {
    int32_t max_ma, voltage_mv, phases;
    int64_t tx_start_ms; /* 0: no transaction */
};
struct profile_limit {
    int32_t ma;
    int32_t phases; /* 0: nothing said */
};

const char *profile_purpose_name(enum profile_purpose purpose);
/* Replaces a profile with the same id, or with the same purpose, stack level and connector. False
 * when the store is full. */
bool profiles_set(struct profile_store *s, const struct profile *p);
/* -1 in a filter field matches all. Returns how many went. */
int profiles_clear(struct profile_store *s, int32_t id, int32_t connector, int32_t purpose,
                   int32_t stack);
struct profile_limit profiles_effective(const struct profile_store *s, int64_t now_ms,
                                        const struct profile_site *site);
#endif
