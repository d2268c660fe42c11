package android.media;

import android.os.Handler;
import android.view.Surface;

import java.nio.charset.StandardCharsets;

import stub.World;

public class ImageReader implements AutoCloseable {
    public static ImageReader last = null;
    private final String size;
    private OnImageAvailableListener listener;
    private int frames = 0;
    private boolean isClosed = false;

    private ImageReader(int width, int height) {
        size = width + "x" + height;
    }

    public static ImageReader newInstance(int width, int height, int format, int most) {
        World.say("reader " + width + "x" + height + " " + format);
        last = new ImageReader(width, height);
        return last;
    }

    public void setOnImageAvailableListener(OnImageAvailableListener to, Handler handler) {
        listener = to;
    }

    public Surface getSurface() {
        return new Surface();
    }

    public void frame() {
        if (!isClosed) {
            frames++;
            listener.onImageAvailable(this);
        }
    }

    public Image acquireLatestImage() {
        return new Image(("jpeg " + size + " frame " + frames).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        isClosed = true;
    }

    public interface OnImageAvailableListener {
        void onImageAvailable(ImageReader reader);
    }
}
