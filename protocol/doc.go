// Package protocol is the contract between the extension's broker and the
// native host: frames, envelopes, schemas, error codes, and the codec of data
// frames. docs/PROTOCOL.md is its text, schema/ its letter, message.go is
// generated from the schemas, and the TypeScript files beside these are their
// twins.
//
// It promises that nothing leaves it unchecked: a frame longer than the limit is
// refused before it is stored, and a message that Decode returns fits its
// schema. It knows no socket, no session and no policy.
package protocol
