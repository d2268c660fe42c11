package android.view;

import stub.World;

public class Window {
    public void addFlags(int flags) {
        World.say("flags +" + flags);
    }

    public void clearFlags(int flags) {
        World.say("flags -" + flags);
    }

    public View getDecorView() {
        return new View();
    }

    public void setSoftInputMode(int mode) {}
}
