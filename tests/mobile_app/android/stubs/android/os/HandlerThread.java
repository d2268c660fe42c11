package android.os;

public class HandlerThread extends Thread {
    private final Looper looper = new Looper();
    private boolean isRunning = false;

    public HandlerThread(String name) {
        super(name);
        setDaemon(true);
    }

    @Override
    public void start() {
        isRunning = true;
    }

    /** As the real one: null before it was started. */
    public Looper getLooper() {
        return isRunning ? looper : null;
    }

    public boolean quitSafely() {
        return isRunning;
    }
}
