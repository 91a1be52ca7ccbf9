package sockets

import (
	"context"

	"github.com/portside/portside/nativehost/announce"
	"github.com/portside/portside/protocol"
)

// announced has the links of an open socket told of it until it ends, if the page wants so.
// Where there is nobody to tell, the socket is none the worse.
func (r *Registry) announced(o *opening, c *connection) *connection {
	if o.announce == nil {
		return c
	}
	run := c.run
	c.run = func(ctx context.Context) ending {
		socket := announce.Socket{Protocol: o.local.Protocol, Local: c.local, IPv6Only: o.ipv6Only, Private: o.subject.Private}
		told, err := socket.Start(ctx, *o.announce, r.config.Log)
		if err != nil && !o.subject.Private {
			r.config.Log.Info().Err(err).Int64("socketId", o.subject.SocketID).Msg("not announced")
		}
		// It ends with ctx, too; whoever hears that the socket is closed finds it withdrawn.
		defer told.Stop()
		return run(ctx)
	}
	return c
}

// announceable returns what is wrong with what a page wants to announce.
func announceable(what *protocol.Announcement) *protocol.RPCError {
	//rule:announcement-is-checked-before-open
	if what != nil && announce.Check(what.Type, what.Name, what.Txt) != nil {
		return protocol.NewError(protocol.CodeInvalidParams)
	}
	return nil
}
