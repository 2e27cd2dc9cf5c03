using CleanRoom.Records.Import;

namespace CleanRoom.Records.Validation;

/// <summary>One thing that is wrong with a record. Holds no content of it.</summary>
/// <param name="Field">Where: <c>persons[0].birth.edtf</c>.</param>
/// <param name="Severity"><see cref="IssueSeverity.Error"/>: the record may not be sealed; else something a person should know.</param>
/// <param name="Message">What is wrong, in one sentence.</param>
/// <param name="Remedy">What to do.</param>
public sealed record RecordProblem(string Field, IssueSeverity Severity, string Message, string Remedy);
