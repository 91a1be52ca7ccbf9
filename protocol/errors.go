package protocol

import "fmt"

// The codes of JSON-RPC 2.0, section 5.1, and those of our own.
const (
	// CodeParse: the frame is not valid UTF-8 or not JSON.
	CodeParse = -32700
	// CodeInvalidRequest: JSON, but no valid envelope, or one that may not come now.
	CodeInvalidRequest = -32600
	// CodeUnknownMethod: no such method.
	CodeUnknownMethod = -32601
	// CodeInvalidParams: the parameters do not fit the method's schema.
	CodeInvalidParams = -32602
	// CodeInternal: a fault in the host.
	CodeInternal = -32603
	// CodeFailed: the operation failed; the error's data says how.
	CodeFailed = 1
	// CodeVerdict: an open carries a verdict that the rules do not give any more. Nothing
	// was opened.
	CodeVerdict = 2
)

// NewError returns an error with a code's standard message and no data.
func NewError(code int64) *RPCError {
	return &RPCError{Code: code, Message: codeMessage(code)}
}

// NewFailure returns the error of an operation that failed: the DOMException name
// for the page, the true reason, and a sentence for the user.
func NewFailure(name, reason, detail string) *RPCError {
	return &RPCError{
		Code:    CodeFailed,
		Message: codeMessage(CodeFailed),
		Data:    &ErrorData{Name: name, Reason: reason, Detail: detail},
	}
}

// Error makes an RPCError a Go error. It repeats nothing that the other side
// sent, so it may be logged.
func (e *RPCError) Error() string {
	if e.Data == nil {
		return fmt.Sprintf("%s (%d)", e.Message, e.Code)
	}
	return fmt.Sprintf("%s (%d): %s, %s", e.Message, e.Code, e.Data.Name, e.Data.Reason)
}

// codeMessage is the table of codes and messages.
func codeMessage(code int64) string {
	switch code {
	case CodeParse:
		return "parse error"
	case CodeInvalidRequest:
		return "invalid request"
	case CodeUnknownMethod:
		return "method not found"
	case CodeInvalidParams:
		return "invalid params"
	case CodeFailed:
		return "operation failed"
	case CodeVerdict:
		return "another verdict"
	default:
		return "internal error"
	}
}
