/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/core/ident.h"

bool identity_from_path(struct str path, char out[IDENTITY_CAP])
{
    if (path.len > 0 && path.p[path.len - 1] == '/')
        path.len--;
    size_t start = path.len;
    while (start > 0 && path.p[start - 1] != '/')
        start--;
    struct str last = {path.p + start, path.len - start};
    return last.len > 0 && last.len < IDENTITY_CAP && str_is_text(last) &&
           str_copy(out, IDENTITY_CAP, last);
}

bool secret_equal(struct str given, struct str secret)
{
    unsigned char diff = given.len != secret.len;
    for (size_t i = 0; i < given.len; i++) {
        unsigned char s = secret.len > 0 ? (unsigned char)secret.p[i % secret.len] : 0;
        diff = (unsigned char)(diff | ((unsigned char)given.p[i] ^ s));
    }
    return diff == 0;
}
