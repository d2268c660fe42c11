package android.hardware.camera2;

import android.media.ImageReader;
import android.os.Handler;

public class CameraCaptureSession {
    private final CameraDevice device;

    CameraCaptureSession(CameraDevice device) {
        this.device = device;
    }

    public CameraDevice getDevice() {
        return device;
    }

    /** Frames until the reader is closed. */
    public int setRepeatingRequest(CaptureRequest request, CaptureCallback told, Handler handler)
            throws CameraAccessException {
        for (int i = 0; i < 20; i++) {
            handler.post(() -> ImageReader.last.frame());
        }
        return 1;
    }

    public abstract static class CaptureCallback {}

    public abstract static class StateCallback {
        public abstract void onConfigured(CameraCaptureSession session);

        public abstract void onConfigureFailed(CameraCaptureSession session);
    }
}
