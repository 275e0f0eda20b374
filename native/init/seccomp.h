/* Loading a compiled filter; filter_prepare is in process.h. */
#ifndef SAMPAN_SECCOMP_H
#define SAMPAN_SECCOMP_H

#include "process.h"

int filter_load(const struct filter *filter, struct fail *fail);

/* seccomp_compile.c: libseccomp's part. `single`: chown and the setuid family are answered "ok". */
int filter_compile(const struct spec_seccomp *seccomp, int single, struct filter *out, struct fail *fail);

#endif
