/* Weak while the roles are being written: main skips a role that is not linked. */
#pragma weak monitor_main
#pragma weak attach_main
#pragma weak exec_main
#pragma weak logs_main
#pragma weak keep_main
#pragma weak inside_main
#pragma weak probe_main
#pragma weak check_spec_main

/* One function a role; argv[0] is the role's word. The return value is the exit status. See
 * docs/helper-protocol.md. */
#ifndef SAMPAN_ROLES_H
#define SAMPAN_ROLES_H

int keep_main(int argc, char **argv);
int monitor_main(int argc, char **argv);
int attach_main(int argc, char **argv);
int exec_main(int argc, char **argv);
int logs_main(int argc, char **argv);
int inside_main(int argc, char **argv);
int probe_main(int argc, char **argv);
int check_spec_main(int argc, char **argv);

#endif
