/* The two files' tables. */
#ifndef SAMPAN_SHAPES_H
#define SAMPAN_SHAPES_H

#include "shape.h"

extern const struct shape config_shape;     /* struct config */
extern const struct shape seccomp_shape;    /* struct spec_seccomp */
extern const struct shape process_shape;    /* struct spec_process */
extern const struct shape sampan_shape;     /* struct sampan */
extern const struct shape port_shape;       /* struct sampan_port */
extern const struct shape membership_shape; /* struct sampan_membership */

extern const char *const outside_programs[]; /* the words of enum outside_program */

#endif
