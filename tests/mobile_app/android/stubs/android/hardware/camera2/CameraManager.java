package android.hardware.camera2;

import android.os.Handler;

import stub.World;

public class CameraManager {
    public String[] getCameraIdList() {
        return World.missing.contains("front camera") ? new String[] {"1"} : new String[] {"0", "1"};
    }

    public CameraCharacteristics getCameraCharacteristics(String id) {
        return new CameraCharacteristics(id.equals("0"));
    }

    public void setTorchMode(String id, boolean on) throws CameraAccessException {
        if (World.is("camera taken", false)) {
            throw new CameraAccessException("CAMERA_IN_USE");
        }
        World.say("torch " + id + " " + on);
    }

    public void openCamera(String id, CameraDevice.StateCallback told, Handler handler) throws CameraAccessException {
        World.need("CAMERA");
        World.say("camera " + id);
        CameraDevice device = new CameraDevice();
        handler.post(() -> {
            if (World.is("camera taken", false)) {
                told.onError(device, 1);
            } else {
                told.onOpened(device);
            }
        });
    }
}
