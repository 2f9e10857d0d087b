/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WATTBUS_CLI_DOCS_H
#define WATTBUS_CLI_DOCS_H
#include "libcommon/pure/str.h"

enum { CONFIGURATION_DOC_MAX = 65536 };
/* The whole of docs/configuration.md, from the rows of the site file. Test out->cut. */
void configuration_doc(struct buf *out);
#endif
