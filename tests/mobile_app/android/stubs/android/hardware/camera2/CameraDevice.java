package android.hardware.camera2;

import android.os.Handler;
import android.view.Surface;

import java.util.List;

import stub.World;

public class CameraDevice {
    public static final int TEMPLATE_PREVIEW = 1;

    public void createCaptureSession(List<Surface> targets, CameraCaptureSession.StateCallback told, Handler handler)
            throws CameraAccessException {
        handler.post(() -> told.onConfigured(new CameraCaptureSession(this)));
    }

    public CaptureRequest.Builder createCaptureRequest(int template) throws CameraAccessException {
        World.say("template " + template);
        return new CaptureRequest.Builder();
    }

    public void close() {
        World.say("camera closed");
    }

    public abstract static class StateCallback {
        public abstract void onOpened(CameraDevice device);

        public abstract void onDisconnected(CameraDevice device);

        public abstract void onError(CameraDevice device, int error);
    }
}
