// The part of the Chrome DevTools Protocol that these tests use, as types.
// https://chromedevtools.github.io/devtools-protocol/tot/

type None = Record<string, never>;

export interface TargetInfo {
  targetId: string;
  type: string;
  url: string;
  title: string;
  attached: boolean;
  browserContextId?: string;
}

export interface RemoteObject {
  type: string;
  value?: unknown;
  unserializableValue?: string;
  description?: string;
  objectId?: string;
}

export interface ExceptionDetails {
  text: string;
  exception?: RemoteObject;
}

export interface FrameInfo {
  id: string;
  loaderId: string;
  parentId?: string;
  url: string;
}

export interface ExecutionContext {
  id: number;
  uniqueId: string;
  name: string;
  origin: string;
  auxData: { isDefault: boolean; type: string; frameId: string };
}

export interface HistoryEntry {
  id: number;
  url: string;
}

interface Command<P, R = None> {
  params: P;
  result: R;
}

/** A node of the accessibility tree. */
export interface AXNode {
  role?: { value?: string };
  name?: { value?: string };
  description?: { value?: string };
}

export interface Commands {
  "Accessibility.getPartialAXTree": Command<{ objectId: string; fetchRelatives: boolean }, { nodes: AXNode[] }>;
  "Browser.getVersion": Command<None, { product: string }>;
  "Browser.close": Command<None>;
  "Browser.setDownloadBehavior": Command<{ behavior: "allow"; downloadPath: string }>;
  "DOM.describeNode": Command<{ objectId: string }, { node: { frameId?: string } }>;
  "Emulation.setDeviceMetricsOverride": Command<{
    width: number;
    height: number;
    deviceScaleFactor: number;
    mobile: boolean;
  }>;
  "Emulation.setEmulatedMedia": Command<{ features: { name: string; value: string }[] }>;
  "Extensions.loadUnpacked": Command<{ path: string; enableInIncognito?: boolean }, { id: string }>;
  "HeapProfiler.collectGarbage": Command<None>;
  "Memory.getDOMCounters": Command<None, { documents: number; nodes: number; jsEventListeners: number }>;
  "Input.dispatchKeyEvent": Command<{
    type: "keyDown" | "keyUp" | "rawKeyDown";
    key: string;
    code: string;
    windowsVirtualKeyCode: number;
    text?: string;
    modifiers?: number;
    commands?: string[];
    autoRepeat?: boolean;
  }>;
  "Input.dispatchMouseEvent": Command<{
    type: "mouseMoved" | "mousePressed" | "mouseReleased";
    x: number;
    y: number;
    button?: "left" | "none";
    buttons?: number;
    clickCount?: number;
  }>;
  "Input.insertText": Command<{ text: string }>;
  "Page.addScriptToEvaluateOnNewDocument": Command<{ source: string }, { identifier: string }>;
  "Page.bringToFront": Command<None>;
  "Page.captureScreenshot": Command<{ format: "png" }, { data: string }>;
  "Page.crash": Command<None>;
  "Page.enable": Command<None>;
  "Page.getFrameTree": Command<None, { frameTree: { frame: FrameInfo } }>;
  "Page.getNavigationHistory": Command<None, { currentIndex: number; entries: HistoryEntry[] }>;
  "Page.navigate": Command<{ url: string }, { frameId: string; loaderId?: string; errorText?: string }>;
  "Page.navigateToHistoryEntry": Command<{ entryId: number }>;
  "Page.reload": Command<{ ignoreCache?: boolean }>;
  "Page.setLifecycleEventsEnabled": Command<{ enabled: boolean }>;
  "Runtime.enable": Command<None>;
  "Runtime.evaluate": Command<
    {
      expression: string;
      awaitPromise?: boolean;
      returnByValue?: boolean;
      uniqueContextId?: string;
      userGesture?: boolean;
    },
    { result: RemoteObject; exceptionDetails?: ExceptionDetails }
  >;
  "Runtime.releaseObject": Command<{ objectId: string }>;
  "SystemInfo.getProcessInfo": Command<None, { processInfo: { type: string; id: number; cpuTime: number }[] }>;
  "Target.activateTarget": Command<{ targetId: string }>;
  "Target.attachToTarget": Command<{ targetId: string; flatten: true }, { sessionId: string }>;
  "Target.setAutoAttach": Command<{ autoAttach: boolean; waitForDebuggerOnStart: boolean; flatten: true }>;
  "Target.closeTarget": Command<{ targetId: string }, { success: boolean }>;
  "Target.createBrowserContext": Command<None, { browserContextId: string }>;
  "Target.createTarget": Command<{ url: string; browserContextId?: string; newWindow?: boolean }, { targetId: string }>;
  "Target.detachFromTarget": Command<{ sessionId: string }>;
  "Target.getTargets": Command<None, { targetInfos: TargetInfo[] }>;
  "Target.setDiscoverTargets": Command<{ discover: boolean }>;
  "Tracing.start": Command<{ traceConfig: { includedCategories: string[] }; transferMode: "ReportEvents" }>;
  "Tracing.end": Command<None>;
}

/** https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU: times in microseconds. */
export interface TraceEvent {
  name: string;
  ph: string;
  ts: number;
  /** Of the thread's own time on the processor. */
  tdur?: number;
  args?: { data?: { url?: string; frame?: string } };
}

export interface Events {
  "Inspector.targetCrashed": None;
  "Page.frameNavigated": { frame: FrameInfo; type: "Navigation" | "BackForwardCacheRestore" };
  "Page.lifecycleEvent": { frameId: string; loaderId: string; name: string };
  "Runtime.consoleAPICalled": { type: string; args: RemoteObject[] };
  "Runtime.exceptionThrown": { exceptionDetails: ExceptionDetails };
  "Runtime.executionContextCreated": { context: ExecutionContext };
  "Runtime.executionContextDestroyed": { executionContextUniqueId: string };
  "Runtime.executionContextsCleared": None;
  "Target.detachedFromTarget": { sessionId: string; targetId?: string };
  "Target.targetCreated": { targetInfo: TargetInfo };
  "Target.attachedToTarget": { sessionId: string };
  "Target.targetDestroyed": { targetId: string };
  "Target.targetInfoChanged": { targetInfo: TargetInfo };
  "Tracing.dataCollected": { value: TraceEvent[] };
  "Tracing.tracingComplete": { dataLossOccurred: boolean };
}
