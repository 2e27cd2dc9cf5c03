using CleanRoom.Transport;

namespace CleanRoom.Hosting.Calls;

/// <summary>Says what callers are told of the exceptions of a library that knows nothing of calls. Added to the services; all that are added are asked.</summary>
public interface IErrorMapping
{
    /// <summary>Gives what the caller is told, or <see langword="null"/> for an exception that is not this mapping's.</summary>
    /// <param name="exception">What left the method. Its message is for operators: none of it may be in the answer.</param>
    CleanRoomException? Find(Exception exception);
}
