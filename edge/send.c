/*
 * send.c - header and body in one packet with two system calls fewer. nginx corks the socket before
 * a header that a file follows and uncorks it afterwards; saying with the header itself that more
 * comes (MSG_MORE) has the same packets. Of five calls a segment two were the cork's.
 */
#include "module.h"

enum { HEAD_IOVS = 8 };

static ssize_t head_send(ngx_connection_t *c, ngx_iovec_t *head) {
    struct msghdr msg = {.msg_iov = head->iovs, .msg_iovlen = head->count};
    ssize_t n;
    do
        n = sendmsg(c->fd, &msg, MSG_MORE | MSG_NOSIGNAL);
    while (n < 0 && ngx_errno == NGX_EINTR);
    if (n < 0 && ngx_errno == NGX_EAGAIN)
        return 0;
    if (n < 0) {
        c->write->error = 1;
        ngx_connection_error(c, ngx_errno, "sendmsg() failed");
    }
    return n;
}

/* Takes memory at the start of the chain that a file follows; all else is nginx's own way. */
static ngx_chain_t *send_chain(ngx_connection_t *c, ngx_chain_t *in, off_t limit) {
    struct iovec iovs[HEAD_IOVS];
    ngx_iovec_t head = {.iovs = iovs, .nalloc = HEAD_IOVS};
    if (!c->write->ready || in == NULL || !ngx_buf_in_memory(in->buf))
        return ngx_io.send_chain(c, in, limit);
    size_t room = limit > 0 ? (size_t)limit : NGX_MAX_SIZE_T_VALUE;
    ngx_chain_t *rest = ngx_output_chain_to_iovec(&head, in, room, c->log);
    if (rest == NGX_CHAIN_ERROR)
        return NGX_CHAIN_ERROR;
    if (head.count == 0 || rest == NULL || !rest->buf->in_file || head.size >= room)
        return ngx_io.send_chain(c, in, limit);
    ssize_t n = head_send(c, &head);
    if (n < 0)
        return NGX_CHAIN_ERROR;
    c->sent += n;
    in = ngx_chain_update_sent(in, n);
    if ((size_t)n < head.size) {
        c->write->ready = 0;
        return in;
    }
    return ngx_io.send_chain(c, in, limit > 0 ? limit - n : 0);
}

void matinee_send_uncorked(ngx_connection_t *c) {
    /* Not where nginx was told to send at once, nor over TLS or HTTP/2, which have chains of their
     * own. */
    if (c->send_chain != ngx_io.send_chain || !c->sendfile || c->tcp_nopush != NGX_TCP_NOPUSH_UNSET)
        return;
    c->send_chain = send_chain;
    c->tcp_nopush = NGX_TCP_NOPUSH_DISABLED;
}
