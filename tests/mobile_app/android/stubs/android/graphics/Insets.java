package android.graphics;

public final class Insets {
    public final int left = 0;
    public final int right = 0;
    public final int top;
    public final int bottom;

    public Insets(int top, int bottom) {
        this.top = top;
        this.bottom = bottom;
    }
}
