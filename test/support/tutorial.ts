/** What the tutorials take from Docker Hub, made here out of busybox, so that their commands can be typed as written. */
import { beforeAll } from 'vitest'
import { busybox } from './images.ts'
import type { TestUser } from './user.ts'

/** As much of CentOS 6 as the tutorials touch: bash and its prompt, yum, and web servers behind `service`. */
const centos = (base: string) => `FROM ${base}
COPY --chmod=755 <<'bash' /bin/bash
#!/bin/sh
PS1='\\u@\\h:\\w# ' exec sh "$@"
bash
COPY --chmod=755 <<'yum' /usr/bin/yum
#!/bin/sh
mkdir -p /www && echo "It works!" > /www/index.html
yum
COPY --chmod=755 <<'service' /bin/service
#!/bin/sh
httpd -p 80 -h /www && echo "Starting $1: [ OK ]"
service
CMD ["/bin/bash"]
`

/** Makes the image `centos:6`, also called `centos:centos6`, before the first test of the file. Returns its name. */
export function centos6(user: TestUser): string {
  const base = busybox(user)
  beforeAll(async () => {
    await user.ok(['build', '-q', '-t', 'centos:6', '-t', 'centos:centos6', '-'], { input: centos(base) })
  }, 60_000)
  return 'centos:6'
}

/** Writes the files below a new folder of the user's, as one does before `docker build`. Returns the folder. */
export function project(
  user: TestUser,
  name: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): string {
  for (const [path, content] of Object.entries(files)) user.file(`${name}/${path}`, content)
  return user.makeFolder(name)
}
