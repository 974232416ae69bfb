"use strict";(()=>{var o="passkeys-session";function n(s){let e=new BroadcastChannel(o);e.postMessage(s),e.close()}n("signed-in");window.close();})();
