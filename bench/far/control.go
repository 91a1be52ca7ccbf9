package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ports is the first line that the far end says.
type ports struct {
	TCP int `json:"tcp"`
	UDP int `json:"udp"`
}

// question is a line of the harness: {"ask": "sink" or "datagrams", "id": number}. Each gets one line back: a sinkReport or a datagramReport. What has
// not been heard of yet is all zeros.
type question struct {
	Ask string `json:"ask"`
	ID  uint32 `json:"id"`
}

// answer says where the far end is and answers questions until the harness closes the stream.
func answer(stream io.ReadWriter, far *far, here ports) error {
	out := json.NewEncoder(stream)
	if err := out.Encode(here); err != nil {
		return fmt.Errorf("say the ports: %w", err)
	}
	in := json.NewDecoder(stream)
	for {
		var q question
		switch err := in.Decode(&q); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read a question: %w", err)
		}
		var report any
		switch q.Ask {
		case "sink":
			report = far.sinkReport(q.ID)
		case "datagrams":
			report = far.datagramReport(q.ID)
		default:
			return fmt.Errorf("unknown question %q", q.Ask)
		}
		if err := out.Encode(report); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
}
