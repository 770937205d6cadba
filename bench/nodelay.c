/* Loaded before a client, gives its TCP sockets TCP_NODELAY, which lettre and mail-send do not ask for. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

int socket(int domain, int type, int protocol)
{
    int (*next)(int, int, int) = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
    int descriptor = next(domain, type, protocol);
    int on = 1;
    if (descriptor >= 0 && (type & 15) == SOCK_STREAM && domain != AF_UNIX)
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return descriptor;
}
