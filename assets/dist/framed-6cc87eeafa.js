"use strict";(()=>{var a="passkeys-session";function s(e){let n=new BroadcastChannel(a);return n.onmessage=o=>e(o.data),n}s(e=>e==="signed-in"&&location.reload());})();
