package android.os;

import stub.World;

public class PowerManager {
    public boolean isIgnoringBatteryOptimizations(String name) {
        return World.is("ignores battery", false);
    }

    public WakeLock newWakeLock(int level, String tag) {
        World.say("wake lock " + level + " " + tag);
        return new WakeLock();
    }

    public class WakeLock {
        private boolean isCounted = true;
        private int held = 0;

        public void setReferenceCounted(boolean on) {
            isCounted = on;
        }

        public void acquire() {
            held = isCounted ? held + 1 : 1;
            World.say("acquired " + held);
        }

        public void release() {
            if (held == 0 && isCounted) {
                throw new RuntimeException("WakeLock under-locked");
            }
            held = isCounted ? held - 1 : 0;
            World.say("released " + held);
        }
    }
}
