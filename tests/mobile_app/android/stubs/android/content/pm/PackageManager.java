package android.content.pm;

import android.content.ComponentName;

import stub.World;

public class PackageManager {
    public static final int PERMISSION_GRANTED = 0;

    public boolean hasSystemFeature(String name) {
        return !World.missing.contains(name);
    }

    public void setComponentEnabledSetting(ComponentName name, int state, int flags) {
        World.say("component " + name.getClassName() + " " + state + " " + flags);
    }
}
