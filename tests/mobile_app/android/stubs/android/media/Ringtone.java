package android.media;

import stub.World;

public class Ringtone {
    public void setLooping(boolean on) {
        World.say("ring loops " + on);
    }

    public void play() {
        World.say("ring plays");
    }

    public void stop() {
        World.say("ring stops");
    }
}
