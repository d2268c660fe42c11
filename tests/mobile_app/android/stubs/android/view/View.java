package android.view;

public class View {
    public WindowInsets getRootWindowInsets() {
        return new WindowInsets();
    }

    public final boolean requestFocus() {
        return true;
    }
}
