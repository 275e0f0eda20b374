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
int flush_main(int argc, char **argv);
int probe_main(int argc, char **argv);
int network_main(int argc, char **argv);
int check_spec_main(int argc, char **argv);

#endif
