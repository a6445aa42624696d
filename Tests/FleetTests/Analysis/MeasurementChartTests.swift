import Testing

@testable import Fleet

@Suite struct MeasurementChartTests {
  private func text(_ values: [Double?], width: Int = 40, height: Int = 2) -> [String] {
    let points = values.map { MeasurementChart.Point(value: $0, phase: ($0 ?? 0) > 1 ? .failed : .successful) }
    return MeasurementChart(points, width: width, height: height).lines.map { $0.map(\.text).joined() }
  }

  @Test func columnsGrowWithTheirValues() {
    #expect(text([0, 1, 2, 4]) == ["4 ┤   █", "0 ┤▁▄██"])
    #expect(text([nil, 1]).last?.hasSuffix("┤×█") == true)
    #expect(text([]).count == 2)
  }

  @Test func onlyTheLatestThatFitAreShown() {
    let lines = text((0..<500).map(Double.init), width: 30)
    #expect(lines.allSatisfy { $0.count <= 30 })
    #expect(lines.first?.hasPrefix("499 ┤") == true)
  }

  @Test func valuesOfMeasurements() {
    let table: [(String, Double?)] = [
      ("0.5", 0.5), ("[0.97,NaN]", 0.97), ("[]", nil), ("NaN", nil), ("+Inf", nil), ("\"text\"", nil), ("[1]", 1),
      ("", nil),
    ]
    for (text, expected) in table {
      #expect(MeasurementChart.Point(Measurement(.successful, value: text)).value == expected, "\(text)")
    }
  }

  @Test func phasesColourTheirColumns() {
    let points = [
      MeasurementChart.Point(value: 1, phase: .successful), MeasurementChart.Point(value: 2, phase: .failed),
    ]
    let last = MeasurementChart(points, width: 20, height: 1).lines.last ?? []
    #expect(last.map(\.phase) == [nil, .successful, .failed])
  }
}
