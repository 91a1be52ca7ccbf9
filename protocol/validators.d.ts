// Code generated from protocol/schema by `npm run generate`. DO NOT EDIT.
import type * as m from "./message.ts";
export declare const validateDocumentMessage: (value: unknown) => value is m.DocumentMessage;
export declare const validateEnvelope: (value: unknown) => value is m.Envelope;
export declare const validateRPCError: (value: unknown) => value is m.RPCError;
export declare const validateFrameMessage: (value: unknown) => value is m.FrameMessage;
export declare const validateHelloResult: (value: unknown) => value is m.HelloResult;
export declare const validatePolicyJudgeResult: (value: unknown) => value is m.PolicyJudgeResult;
export declare const validatePolicyManagedResult: (value: unknown) => value is m.PolicyManagedResult;
export declare const validateSocketCloseResult: (value: unknown) => value is m.SocketCloseResult;
export declare const validateSocketClosedParams: (value: unknown) => value is m.SocketClosedParams;
export declare const validateSocketCreditParams: (value: unknown) => value is m.SocketCreditParams;
export declare const validateSocketEndParams: (value: unknown) => value is m.SocketEndParams;
export declare const validateSocketShutdownResult: (value: unknown) => value is m.SocketShutdownResult;
export declare const validateSocketStartTLSResult: (value: unknown) => value is m.SocketStartTLSResult;
export declare const validateSocketWriteResult: (value: unknown) => value is m.SocketWriteResult;
export declare const validateTCPOpenResult: (value: unknown) => value is m.TCPOpenResult;
export declare const validateUDPOpenResult: (value: unknown) => value is m.UDPOpenResult;
