#!/bin/sh
# The tests of SFTP run OpenSSH's own server; install Debian's package where that is allowed, say how where it is not.
set -u
find_sshd() { PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v sshd >/dev/null 2>&1; }
if find_sshd; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing OpenSSH's server for the tests of SFTP ..."
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openssh-server >/dev/null && exit 0
fi
echo "OpenSSH's server is missing, so the tests of SFTP will fail. To install it: sudo apt-get install openssh-server"
